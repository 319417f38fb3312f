namespace Understudy.Cli;

/// <summary>A node did not answer, or what answered is no node; the message says which and why.</summary>
internal sealed class NodeSilentException(string message) : Exception(message);
