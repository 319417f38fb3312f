using System.Text;

namespace Understudy;

/// <summary>
/// A checkpoint's bytes: the layout's number, the application's format, and changes. A change names its collection:
/// 0, name and kind at its first, else the number of the collection within the checkpoint. Then the kind of change
/// and its fields. Several checkpoints that are one to the outside are another layout's number, and each as a field.
/// </summary>
internal static class CheckpointFormat
{
    /// <summary>The number of this layout.</summary>
    public const byte Layout = 1;

    /// <summary>The number of the layout of several checkpoints in one.</summary>
    public const byte Several = 2;

    /// <summary>Puts the checkpoints of several transactions into one.</summary>
    public static ReadOnlyMemory<byte> Join(IEnumerable<ReadOnlyMemory<byte>> checkpoints)
    {
        var writer = new FieldWriter();
        writer.Byte(Several);
        foreach (var checkpoint in checkpoints) writer.Field(checkpoint.Span);
        return writer.Written;
    }

    public static void WriteHeader(FieldWriter writer, int format)
    {
        writer.Byte(Layout);
        writer.Number((ulong)format);
    }

    public static void WriteName(FieldWriter writer, ReplicatedCollection collection)
    {
        writer.Number(0);
        writer.Field(collection.NameBytes);
        writer.Byte((byte)collection.Kind);
    }

    public static void ReadHeader(ref FieldReader reader, ReplicatedStateOptions options)
    {
        var layout = reader.Byte();
        if (layout != Layout)
            throw reader.Refused($"its layout {layout} is unknown, this version knows {Layout}; upgrade this node");
        CheckFormat(reader, reader.Number(), options);
    }

    /// <summary>Refuses a format of the application's that this version of it does not read.</summary>
    public static void CheckFormat(FieldReader reader, ulong format, ReplicatedStateOptions options)
    {
        var oldest = options.OldestFormat ?? options.Format;
        if (format >= (ulong)oldest && format <= (ulong)options.Format) return;
        var known = oldest == options.Format ? $"format {oldest}" : $"formats {oldest} to {options.Format}";
        throw reader.Refused(
            $"it has format {format}, and this version of the service reads {known}; "
            + "run the version of the service that wrote it");
    }

    /// <summary>Reads a collection's name and kind.</summary>
    public static (string Name, CollectionKind Kind) ReadName(ref FieldReader reader)
    {
        var bytes = reader.Field();
        if (!CollectionName.IsValid(bytes)) throw reader.Refused("a collection's name in it cannot be");
        var kind = (CollectionKind)reader.Byte();
        if (kind is < CollectionKind.Dictionary or > CollectionKind.Counter)
            throw reader.Refused($"a collection in it has the unknown kind {(byte)kind}; upgrade this node");
        return (Encoding.ASCII.GetString(bytes), kind);
    }
}
