namespace Understudy;

/// <summary>A counter's number of one moment; nothing if it is 0.</summary>
internal sealed class FrozenNumber(ReplicatedCollection collection, long number) : FrozenCollection(collection)
{
    public override int Count => number == 0 ? 0 : 1;

    public override void Write(int index, FieldWriter writer) => writer.Signed(number);
}
