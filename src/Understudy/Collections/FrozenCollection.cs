namespace Understudy;

/// <summary>
/// A collection's contents at one moment. What it refers to never changes, so it is written without a lock.
/// </summary>
internal abstract class FrozenCollection(ReplicatedCollection collection)
{
    public ReplicatedCollection Collection { get; } = collection;

    public abstract int Count { get; }

    /// <summary>
    /// Writes an item. Called from the first to the last, in an order that depends on the contents only.
    /// </summary>
    public abstract void Write(int index, FieldWriter writer);
}
