using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Storage;

namespace Understudy;

/// <summary>Runs one node of a cluster in this process.</summary>
public static partial class NodeHost
{
    /// <summary>Everything went in order.</summary>
    public const int Stopped = 0;

    /// <summary>The node could not start; standard error says why.</summary>
    public const int CannotStart = 1;

    /// <summary>The disk is full or failed while the node ran; standard error names the file and what to do.</summary>
    public const int DiskFailed = 3;

    /// <summary>
    /// Runs a node until it is asked to stop; then it hands its primaries over, leaves, and answers what it holds. A
    /// broken invariant or a failing disk ends the process at once: a peer takes over.
    /// </summary>
    /// <param name="configuration">The cluster's file.</param>
    /// <param name="self">Which of its nodes this is.</param>
    /// <param name="dataDirectory">Where its durable state is; created if need be.</param>
    /// <param name="stop">Asks it to stop.</param>
    /// <returns>The process's exit code: <see cref="Stopped"/> or <see cref="CannotStart"/>.</returns>
    public static async Task<int> RunAsync(
        ClusterConfiguration configuration, NodeId self, string dataDirectory, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        try
        {
            await using var runtime = new NodeRuntime(configuration, self, dataDirectory, TimeProvider.System, Fail);
            await runtime.StartAsync(stop);
            LogStarted(runtime.Logger, self, configuration.Cluster, runtime.HttpAddress);
            var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using (stop.Register(stopped.SetResult)) await stopped.Task;
            LogStopping(runtime.Logger, self);
            await runtime.StopAsync(CancellationToken.None);
            LogStopped(runtime.Logger, self);
            return Stopped;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Stopped;
        }
        catch (Exception e) when (
            e is StoreUnusableException or IOException or UnauthorizedAccessException or SocketException)
        {
            await Console.Error.WriteLineAsync($"Node {self} cannot start: {e.Message}");
            return CannotStart;
        }
    }

    // The process must end now: what it would still say or write may be wrong. Peers see its channels break at once.
    internal static void Fail(Exception e)
    {
        if (e is StoreUnusableException)
        {
            Console.Error.WriteLine($"The node ends: {e.Message}");
            ProcessEnd.Now(DiskFailed);
        }

        Environment.FailFast($"Understudy: {e.GetType().Name}: {e.Message}", e);
    }
}
