using Understudy.Kernel;

namespace Understudy.Transport;

/// <summary>
/// The transport's twin within one process. Nothing happens until <see cref="Pump"/>: then what was queued happens, in
/// the order in which it was queued. So the same calls give the same history.
/// </summary>
public sealed class InMemoryNetwork
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<NodeId, Endpoint> _endpoints = [];
    private readonly Queue<Action> _queue = [];

    /// <summary>Adds a node. It is silent until it is started.</summary>
    public ITransport Attach(NodeId node, ITransportEvents events)
    {
        lock (_gate)
        {
            var endpoint = new Endpoint(this, events);
            _endpoints.Add(node, endpoint);
            return endpoint;
        }
    }

    /// <summary>Delivers what is queued, and not what is queued meanwhile.</summary>
    /// <returns>True if anything was delivered.</returns>
    public bool Pump()
    {
        Action[] batch;
        lock (_gate)
        {
            batch = [.. _queue];
            _queue.Clear();
        }

        foreach (var deliver in batch) deliver();
        return batch.Length > 0;
    }

    private void Post(Action action)
    {
        lock (_gate) _queue.Enqueue(action);
    }

    private void Connect(Endpoint one)
    {
        foreach (var other in OthersUp(one))
        {
            one.Events.ChannelUp(other.Self!);
            other.Events.ChannelUp(one.Self!);
        }
    }

    private void Disconnect(Endpoint one, string reason)
    {
        if (one.Self is not { } gone) return;
        foreach (var other in OthersUp(one))
        {
            one.Events.ChannelLost(other.Self!.Member, reason);
            other.Events.ChannelLost(gone.Member, reason);
        }

        one.Self = null;
    }

    private Endpoint[] OthersUp(Endpoint one)
    {
        lock (_gate) return [.. _endpoints.Values.Where(other => other != one && other.Self is not null)];
    }

    private Endpoint? Find(MemberId member)
    {
        lock (_gate)
        {
            return _endpoints.TryGetValue(member.Node, out var found) && found.Self?.Member == member ? found : null;
        }
    }

    private sealed class Endpoint(InMemoryNetwork network, ITransportEvents events) : ITransport
    {
        public ITransportEvents Events => events;

        /// <summary>Who the node is now, or null before its start and after its end. Changed by the pump.</summary>
        public PeerIdentity? Self { get; set; }

        public void Start(PeerIdentity self) => network.Post(() =>
        {
            Self = self;
            network.Connect(this);
        });

        public void Flush()
        {
            // A message is delivered when it is sent.
        }

        public void Send(MemberId to, Message message)
        {
            if (Self?.Member is not { } from) return;
            network.Post(() =>
            {
                // Either may have ended since: then there is no such channel any more.
                if (Self?.Member != from || network.Find(to)?.Events is not { } other) return;
                other.Received(from, message);
                other.ReceivedAll();
            });
        }

        public void SetCluster(ClusterId cluster) =>
            network.Post(() => Self = Self is null ? null : Self with { Cluster = cluster });

        public Task ChangeIdentityAsync(PeerIdentity self, CancellationToken cancellationToken)
        {
            network.Post(() =>
            {
                network.Disconnect(this, "a new incarnation begins");
                Self = self;
                network.Connect(this);
            });
            return Task.CompletedTask;
        }

        public void Probe(MemberId peer) => network.Post(() =>
        {
            if (Self is not null && network.Find(peer) is null) Events.ProbeFailed(peer);
        });

        public ValueTask DisposeAsync()
        {
            network.Post(() => network.Disconnect(this, "the node has stopped"));
            return ValueTask.CompletedTask;
        }
    }
}
