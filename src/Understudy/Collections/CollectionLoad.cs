namespace Understudy;

/// <summary>New contents of a collection, read from a snapshot and not yet in use.</summary>
internal abstract class CollectionLoad
{
    /// <summary>Reads the next item.</summary>
    public abstract void Item(ref FieldReader reader);

    /// <summary>Puts the contents in the place of the old ones.</summary>
    public abstract void Take();
}
