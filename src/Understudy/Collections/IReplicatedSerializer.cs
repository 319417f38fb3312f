using System.Buffers;

namespace Understudy;

/// <summary>
/// Turns the values of one type into bytes and back. What <see cref="Read"/> makes of <see cref="Write"/>'s bytes is
/// what the secondaries see. Called from several threads at once.
/// </summary>
/// <typeparam name="T">The type of the keys or values.</typeparam>
/// <example>
/// <code>
/// sealed class PointSerializer : IReplicatedSerializer&lt;Point&gt;
/// {
///     public void Write(Point value, IBufferWriter&lt;byte&gt; output)
///     {
///         var bytes = output.GetSpan(8);
///         BinaryPrimitives.WriteInt32LittleEndian(bytes, value.X);
///         BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], value.Y);
///         output.Advance(8);
///     }
///
///     public Point Read(ReadOnlySpan&lt;byte&gt; bytes) => new(
///         BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]));
/// }
/// </code>
/// </example>
public interface IReplicatedSerializer<T>
{
    /// <summary>
    /// Writes the value. The same value must give the same bytes on every node, and equal keys the same bytes. What
    /// this throws undoes the transaction.
    /// </summary>
    void Write(T value, IBufferWriter<byte> output);

    /// <summary>Reads the value that the bytes, all of them, stand for. Whatever it throws refuses the bytes.</summary>
    T Read(ReadOnlySpan<byte> bytes);
}
