namespace Understudy.Replication.Protocol;

/// <summary>Bytes of a checkpoint or a snapshot that a newer program arranged in another way.</summary>
public sealed class UnknownLayoutException(string what)
    : Exception($"{what} has a layout that this program does not know. Run the newer program that wrote it.");
