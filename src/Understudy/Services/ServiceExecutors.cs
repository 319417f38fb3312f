using System.Collections.Concurrent;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Services;

/// <summary>The executors of all services in one process, on the thread pool or a scheduler of its own.</summary>
/// <param name="catalog">Makes instances of services.</param>
/// <param name="profile">How long calls may take.</param>
/// <param name="clock">Measures them.</param>
/// <param name="fail">Ends the process: an invariant is broken.</param>
/// <param name="scheduler">Where services' code runs; null for the thread pool.</param>
internal sealed class ServiceExecutors(
    ServiceCatalog catalog,
    Profile profile,
    TimeProvider clock,
    Action<Exception> fail,
    TaskScheduler? scheduler = null)
{
    private readonly Dictionary<ServiceName, ServiceExecutor> _executors = [];
    private readonly ConcurrentDictionary<ServiceName, IReplicatedService> _instances = [];
    private Action<NodeInput>? _post;
    private Action? _turn;

    /// <summary>The present instance of a service's code, or null. May be called from any thread.</summary>
    public IReplicatedService? Find(ServiceName service) => _instances.GetValueOrDefault(service);

    /// <summary>An incarnation begins: reports go to it.</summary>
    /// <param name="post">Gives it one. Never waits.</param>
    /// <param name="turn">Told then, under no lock: it may act on what it was given.</param>
    public void Begin(Action<NodeInput> post, Action? turn = null) => (_post, _turn) = (post, turn);

    /// <summary>Hands an instruction on. Called by the node's loop alone, as all here.</summary>
    public void Take(ServiceName service, string kind, ServiceInstruction instruction)
    {
        if (instruction is ServiceInstruction.StartAnew)
        {
            if (_executors.Remove(service, out var failed)) failed.Abandon();
            _instances.TryRemove(service, out _);
            return;
        }

        if (!_executors.TryGetValue(service, out var executor))
        {
            if (TryStart(service, kind, instruction.Assignment) is not { } started) return;
            _executors.Add(service, executor = started);
        }

        executor.Take(instruction);
    }

    /// <summary>Time has passed: what secondaries have gathered is applied.</summary>
    public void Tick()
    {
        foreach (var executor in _executors.Values) executor.ApplyGathered();
    }

    /// <summary>Reports calls that take long.</summary>
    public void Watch()
    {
        foreach (var executor in _executors.Values) executor.Watch(profile);
    }

    /// <summary>The incarnation has ended: nothing more is reported, and services' code is cancelled.</summary>
    public void End()
    {
        foreach (var executor in _executors.Values) executor.Abandon();
        _executors.Clear();
        _instances.Clear();
    }

    private ServiceExecutor? TryStart(ServiceName service, string kind, long assignment)
    {
        var post = _post!;
        if (!catalog.Kinds.Contains(kind))
        {
            post(new NodeInput.Reported(service, new ServiceReport.Failed(
                assignment,
                $"this node has no code for the kind \"{kind}\". Start it with a program that has, or keep {service} "
                + "off this node")));
            return null;
        }

        IReplicatedService instance;
        try
        {
            instance = _instances[service] = catalog.Create(service, kind);
        }
#pragma warning disable CA1031 // Whatever a service's constructor throws fails its provider, not the node.
        catch (Exception e)
#pragma warning restore CA1031
        {
            post(new NodeInput.Reported(service, new ServiceReport.Failed(
                assignment, $"it could not be created: {e.GetType().Name}: {e.Message}")));
            return null;
        }

        PooledRun? run = null;
        var executor = new ServiceExecutor(
            service, instance, report => post(new NodeInput.Reported(service, report)), () => run!.Queue(), clock)
        {
            Scheduler = scheduler,
            Beside = work => ServiceExecutor.Start(work, scheduler ?? TaskScheduler.Default),
            Turn = _turn,
            RunsInCalls = scheduler is null,
            AppliesTogether = scheduler is null,
        };
        run = new PooledRun(executor, fail);
        return executor;
    }

    /// <summary>Has an executor run where it is to.</summary>
    private sealed class PooledRun(ServiceExecutor executor, Action<Exception> fail) : IThreadPoolWorkItem
    {
        public void Queue()
        {
            if (executor.Scheduler is not { } scheduler)
            {
                // With others under way it comes after them, and finds what they ask for meanwhile all at once.
                if (executor.IsQuiet) ReadyThread.Shared.Run(this);
                else ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }

            Task.Factory.StartNew(Execute, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
        }

        public void Execute() => _ = RunAsync();

        private async Task RunAsync()
        {
            try
            {
                await executor.RunAsync();
            }
#pragma warning disable CA1031 // Only a broken invariant comes here: the process ends.
            catch (Exception e)
#pragma warning restore CA1031
            {
                fail(e);
            }
        }
    }
}
