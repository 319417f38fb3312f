namespace Understudy;

/// <summary>What a collection is. The numbers stand in checkpoints and snapshots.</summary>
internal enum CollectionKind : byte
{
    Dictionary = 1,
    Value = 2,
    Queue = 3,
    Counter = 4,
}
