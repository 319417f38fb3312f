using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Understudy.Kernel;
using Understudy.Transport.Protocol;

namespace Understudy.Transport;

/// <summary>The connections with one configured peer, and the channel they make.</summary>
internal sealed partial class PeerLink(
    NodeId node,
    TransportOptions options,
    IMessageCodec codec,
    ITransportEvents events,
    ILogger logger,
    Action<PeerIdentity> onUp) : IDisposable
{
    // Guards the state and orders the events; never held while waiting. Sending does not take it.
    private readonly Lock _gate = new();
    private readonly ChannelState _state = new();
    private readonly List<ChannelEffect> _effects = [];
    private readonly Dictionary<long, PeerConnection> _connections = [];
    private readonly SemaphoreSlim _dialNow = new(initialCount: 0, maxCount: 1);
    private MemberId? _self;
    private volatile OutgoingConnection? _sending;
    private TaskCompletionSource? _lost;
    private bool _isPerforming;

    public NodeId Node => node;

    /// <summary>Registers a connection that the peer accepted from this node's incarnation.</summary>
    /// <returns>False if that incarnation has ended meanwhile.</returns>
    public bool TryAdd(OutgoingConnection connection, MemberId self)
    {
        lock (_gate)
        {
            if (_self != self) return false;
            _connections.Add(connection.Number, connection);
            Step(new ChannelInput.OutgoingAccepted(connection.Number, connection.Peer));
            return true;
        }
    }

    /// <summary>Registers a connection that this node accepts, unless a rival incarnation may live.</summary>
    /// <param name="connection">The peer's connection.</param>
    /// <param name="self">The incarnation of this node that accepts it.</param>
    /// <param name="gone">An incarnation of the peer that is known not to answer any more.</param>
    /// <param name="rival">The one that must be asked first, if that is why it is not registered.</param>
    /// <returns>False if it is not registered: there is a rival, or this node's incarnation has ended.</returns>
    public bool TryAdd(IncomingConnection connection, MemberId self, MemberId? gone, out MemberId? rival)
    {
        lock (_gate)
        {
            rival = null;
            if (_self != self) return false;
            var living = _state.Living;
            if (living is not null && living != connection.Peer.Member && living != gone) rival = living;
            if (rival is not null) return false;
            _connections.Add(connection.Number, connection);
            Step(new ChannelInput.IncomingAccepted(connection.Number, connection.Peer));
            return true;
        }
    }

    /// <summary>A connection has ended.</summary>
    public void Break(long connection, string reason)
    {
        lock (_gate)
        {
            Step(new ChannelInput.ConnectionBroken(connection, reason));
            _connections.Remove(connection);
        }
    }

    /// <summary>This node begins an incarnation, or, with null, ends for good: what was before is closed.</summary>
    public void Begin(MemberId? self, string reason)
    {
        lock (_gate)
        {
            _self = self;
            Step(new ChannelInput.IncarnationEnded(reason));
        }
    }

    /// <summary>Hands on a message when the channel is up, unless the one it came on is lost by now.</summary>
    /// <returns>False if it is lost.</returns>
    public bool Deliver(IncomingConnection connection, Message message)
    {
        lock (_gate)
        {
            if (!_connections.ContainsKey(connection.Number)) return false;
            if (_state.Delivering != connection.Number) return connection.TryKeep(message);
            events.Received(connection.Peer.Member, message);
            return true;
        }
    }

    public void Send(MemberId to, Message message, PeerIdentity self)
    {
        var connection = _sending;
        if (connection is null || connection.Peer.Member != to) return;
        var fault = connection.Outbound.TryAdd(message, codec, options.MaxFrameBodyBytes, self, connection.Peer);
        if (fault is null) return;

        events.Alarm($"channel to {to} closed: {fault}");
        Break(connection.Number, fault);
    }

    public void Flush() => _sending?.Outbound.Flush();

    /// <summary>Sends what waits, says that no more will come, and waits until the peer has taken it all.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        Task lost;
        OutgoingConnection? finishing;
        lock (_gate)
        {
            // Nothing new from now on: a channel that ends in order must not come up again.
            _self = null;
            finishing = _sending;
            if (finishing is null) return;
            _lost ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lost = _lost.Task;
        }

        try
        {
            await finishing.Outbound.DrainAsync().WaitAsync(cancellationToken);
            finishing.Finish();
            await lost.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The peer takes too long: what it has not taken is lost with the channel.
        }
    }

    /// <summary>Waits before dialling again, but no longer than until the peer itself has dialled.</summary>
    public Task WaitToDialAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        _dialNow.WaitAsync(wait, cancellationToken);

    public void Dispose() => _dialNow.Dispose();

    private void Step(ChannelInput input)
    {
        _state.Step(input, _effects);
        if (_isPerforming) return; // To close a connection may break it at once: whoever performs goes on with this.
        _isPerforming = true;
        try
        {
            for (var next = 0; next < _effects.Count; next++) Perform(_effects[next]);
        }
        finally
        {
            _effects.Clear();
            _isPerforming = false;
        }
    }

    private void Perform(ChannelEffect effect)
    {
        switch (effect)
        {
            case ChannelEffect.ChannelUp up:
                LogChannelUp(logger, up.Peer.Member);
                _sending = (OutgoingConnection)_connections[up.Outgoing];
                events.ChannelUp(up.Peer);
                foreach (var message in ((IncomingConnection)_connections[up.Incoming]).TakeEarly())
                    events.Received(up.Peer.Member, message);
                onUp(up.Peer);
                break;
            case ChannelEffect.ChannelLost lost:
                _sending = null;
                events.ChannelLost(lost.Peer, lost.Reason);
                LogChannelLost(logger, lost.Peer, lost.Reason); // Afterwards: a failover waits for the event.
                _lost?.TrySetResult();
                break;
            case ChannelEffect.CloseConnection close:
                if (_connections.Remove(close.Connection, out var connection)) connection.Close();
                break;
            case ChannelEffect.DialNow:
                if (_dialNow.CurrentCount == 0) _dialNow.Release();
                break;
            default:
                throw new UnreachableException($"Unknown effect {effect}.");
        }
    }
}
