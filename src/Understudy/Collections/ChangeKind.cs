namespace Understudy;

/// <summary>What was done to a collection. The numbers stand in checkpoints.</summary>
internal enum ChangeKind : byte
{
    /// <summary>An entry, a value or a number was set.</summary>
    Set = 1,

    /// <summary>An entry was removed.</summary>
    Remove = 2,

    /// <summary>All is as it was at the very beginning.</summary>
    Clear = 3,

    Enqueue = 4,

    Dequeue = 5,
}
