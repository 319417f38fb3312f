namespace Understudy.Storage;

/// <summary>
/// A node's store cannot be used: damaged, of another format, of another node, incomplete, or in use. The message
/// names what is wrong and what to do; the node does not start, or ends.
/// </summary>
public sealed class StoreUnusableException(string message, Exception? inner = null) : Exception(message, inner)
{
    internal const string Rejoin =
        "If other nodes hold this node's data, remove the whole data directory: the node then rejoins with a new, "
        + "empty disk. If this was the last copy, restore the directory from a backup.";

    internal static StoreUnusableException Damaged(string file, string what, Exception? inner = null) =>
        new($"{file} is damaged: {what}. {Rejoin}", inner);
}
