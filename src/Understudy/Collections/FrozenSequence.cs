namespace Understudy;

/// <summary>Values of one moment, written in their order.</summary>
internal sealed class FrozenSequence<T>(
    ReplicatedCollection collection, T[] values, IReplicatedSerializer<T> serializer) : FrozenCollection(collection)
{
    public override int Count => values.Length;

    public override void Write(int index, FieldWriter writer) => writer.Field(serializer, values[index]);
}
