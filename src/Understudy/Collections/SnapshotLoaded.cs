namespace Understudy;

/// <summary>How a snapshot fitted the declared collections.</summary>
/// <param name="Empty">Declared here and without contents in the snapshot: they start empty.</param>
/// <param name="Undeclared">In the snapshot and not declared here: they are kept for a version that knows them.</param>
internal sealed record SnapshotLoaded(IReadOnlyList<string> Empty, IReadOnlyList<string> Undeclared);
