namespace Understudy.Storage;

/// <summary>
/// A node's store cannot be used: damaged, of another format, of another node, incomplete, or in use. The message
/// names what is wrong and what to do; the node does not start, or ends.
/// </summary>
public sealed class StoreUnusableException(string message, Exception? inner = null) : Exception(message, inner)
{
    internal const string Rejoin =
        "If other nodes hold this node's data, move the whole data directory away: the node then rejoins with a new, "
        + "empty disk. For a voter, first read \"Replacing a failed disk\" in docs/operating/running.md.";

    internal static StoreUnusableException Damaged(string file, string what, Exception? inner = null) =>
        new($"{file} is damaged: {what}. {Rejoin}", inner);
}
