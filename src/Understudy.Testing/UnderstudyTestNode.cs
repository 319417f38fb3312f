using System.Globalization;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Testing.Machines;

namespace Understudy.Testing;

/// <summary>
/// One node of a test cluster, and what can be done to it. The <see cref="IUnderstudyNode"/> and
/// <see cref="IUnderstudyAdmin"/> that the application would inject there, but without an HTTP side.
/// </summary>
/// <example>
/// <code>
/// cluster.PrimaryOf("shop").Kill();
/// var reply = await cluster["n2"].SendAsync("shop", request);
/// </code>
/// </example>
public sealed class UnderstudyTestNode : IUnderstudyNode, IUnderstudyAdmin
{
    private readonly Machine _machine;

    internal UnderstudyTestNode(Machine machine) => _machine = machine;

    /// <inheritdoc/>
    public string Node => _machine.Id.Value;

    /// <summary>Whether it has a process, which may be paused.</summary>
    public bool IsRunning => _machine.IsRunning;

    /// <summary>Whether its process stands still.</summary>
    public bool IsPaused => _machine.IsPaused;

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: nothing listens in a test cluster.</exception>
    public Uri HttpAddress => throw new NotSupportedException(
        "A node of a test cluster has no HTTP side. Send requests with SendAsync, or call the service's instance.");

    /// <inheritdoc/>
    public StatusDocument Status => _machine.Document();

    /// <inheritdoc/>
    public bool IsPrimary(string service) => _machine.IsPrimary(new ServiceName(service));

    /// <inheritdoc/>
    public TService? Find<TService>(string service)
        where TService : class, IReplicatedService =>
        _machine.Find(new ServiceName(service)) is { } found ? (TService)found : null;

    /// <summary>This node's present instance of a service's code, in whatever role.</summary>
    /// <exception cref="InvalidOperationException">There is none: the node is down, or no provider of it.</exception>
    /// <exception cref="InvalidCastException">The service's code is of another type.</exception>
    public TService Instance<TService>(string service)
        where TService : class, IReplicatedService =>
        Find<TService>(service) ?? throw new InvalidOperationException(
            $"There is no instance of {service} on {Node}: {(IsRunning ? "it has none" : "it is not running")}.");

    /// <inheritdoc/>
    /// <remarks>
    /// A node that is not running answers at once that it is not; a paused one not before it goes on.
    /// </remarks>
    public ValueTask<Reply> SendAsync(
        string service,
        ReadOnlyMemory<byte> body,
        bool isRead = false,
        string? idempotencyKey = null,
        CancellationToken cancellationToken = default) =>
        new(_machine.Requests.SendAsync(new ServiceName(service), body, isRead, idempotencyKey, cancellationToken));

    /// <inheritdoc/>
    public ValueTask<CommandAnswer> CommandAsync(
        OperatorCommand command, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        new(_machine.Requests.GiveAsync(command, idempotencyKey).WaitAsync(cancellationToken));

    /// <inheritdoc/>
    public HistoryDocument? History(string? service = null) => _machine.History(service);

    /// <summary>
    /// Its process dies now, as by SIGKILL. Its code does not go on from where it waits. What was not flushed to its
    /// disk may be lost; the rest is there when it is started again. Nothing if it is not running.
    /// </summary>
    public void Kill() => _machine.Kill(tells: true);

    /// <summary>As <see cref="Kill"/>, but the whole machine goes: the others hear only silence.</summary>
    public void PowerOff() => _machine.Kill(tells: false);

    /// <summary>
    /// Starts a process from what is on its disk; its services begin with new instances. Nothing if it is running.
    /// </summary>
    public void Start() => _machine.Start();

    /// <summary>Its process stands still, as after SIGSTOP, with its code and its timers. Time goes on.</summary>
    public void Pause() => _machine.Pause();

    /// <summary>Its process goes on where it stood. Nothing if it is not paused.</summary>
    public void Resume() => _machine.Resume();

    /// <summary>
    /// Asks it to stop in order: it hands its primaries over, answers what it was asked, and leaves.
    /// </summary>
    /// <returns>Completes when its process has ended.</returns>
    public Task StopAsync() => _machine.StopAsync();

    /// <summary>Its id, and how it stands.</summary>
    public override string ToString()
    {
        if (!IsRunning) return $"{Node} is not running";
        if (IsPaused) return $"{Node} is paused";
        if (_machine.Status() is not { } status) return $"{Node} is between two incarnations";
        var view = status.View is { } known
            ? string.Create(CultureInfo.InvariantCulture, $"view {known.Epoch.Value}")
            : "no view";
        var primaries = status.Primaries.IsEmpty ? "" : $", primary of {string.Join(", ", status.Primaries)}";
        var reasons = status.Reasons.IsEmpty ? "" : $": {string.Join("; ", status.Reasons)}";
        return $"{Node} is {(status.IsMember ? "a member" : "no member")} in {view}{primaries}{reasons}";
    }
}
