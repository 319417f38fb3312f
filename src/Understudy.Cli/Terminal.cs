using Understudy.Kernel;

namespace Understudy.Cli;

/// <summary>Runs one node until it is stopped; gives the exit code.</summary>
internal delegate Task<int> NodeRunner(
    ClusterConfiguration configuration, NodeId self, string dataDirectory, CancellationToken stop);

/// <summary>What the commands write to and start: the real ones in the program, others in tests.</summary>
internal sealed record Terminal(TextWriter Output, TextWriter Error, NodeRunner RunNode);

/// <summary>The exit codes of every command.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The command was understood and could not be carried out.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the cluster's file is wrong; nothing was started.</summary>
    public const int Misused = 2;
}
