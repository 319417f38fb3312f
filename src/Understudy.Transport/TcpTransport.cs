using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Understudy.Kernel;
using Understudy.Transport.Protocol;

namespace Understudy.Transport;

/// <summary>
/// Channels over TCP. Each node dials every configured peer: a node's own connection carries its frames, the peer's
/// carries the peer's.
/// </summary>
public sealed partial class TcpTransport : ITransport
{
    private readonly ITransportEvents _events;
    private readonly ILogger _logger;
    private readonly FrozenDictionary<NodeId, PeerLink> _links;
    private readonly RefusalReports _refusals;
    private readonly PendingHandshakes _pending;
    private readonly CancellationTokenSource _stopping = new();
    private Listener? _listener;
    private Task _dialling = Task.CompletedTask;
    private volatile PeerIdentity? _self;
    private volatile bool _isStopping;
    private int _hasDrilled;

    /// <param name="options">Whom to meet, and the limits.</param>
    /// <param name="codec">Turns messages into bytes and back; called from several threads at once.</param>
    /// <param name="events">Told what happens.</param>
    /// <param name="clock">Measures time-outs.</param>
    /// <param name="logger">Gets a line for each channel and each refusal.</param>
    public TcpTransport(
        TransportOptions options,
        IMessageCodec codec,
        ITransportEvents events,
        TimeProvider clock,
        ILogger<TcpTransport> logger)
    {
        Invariant.Holds(
            Encoding.UTF8.GetByteCount(options.ClusterName) is > 0 and <= byte.MaxValue,
            "Transport: a cluster's name has 1 to 255 bytes");
        (Options, Codec, Clock, _events, _logger) = (options, codec, clock, events, logger);
        Admission = new Admission(options.ClusterName, [.. options.Nodes.Keys]);
        Prober = new Prober(options, clock);
        _refusals = new RefusalReports(clock);
        _pending = new PendingHandshakes(options.MaxPendingHandshakes);
        _links = options.Nodes.Keys.ToFrozenDictionary(
            node => node, node => new PeerLink(node, options, codec, events, logger, OnChannelUp));
    }

    internal TransportOptions Options { get; }

    internal IMessageCodec Codec { get; }

    internal TimeProvider Clock { get; }

    internal Admission Admission { get; }

    internal Prober Prober { get; }

    /// <summary>Who this node is now, or null before it is started.</summary>
    internal PeerIdentity? Self => _self;

    /// <summary>True from the moment that the transport is to be closed.</summary>
    internal bool IsStopping => _isStopping;

    /// <summary>Takes peers' connections from now on; until <see cref="Start"/> they are told to come again.</summary>
    /// <param name="address">The node-to-node address.</param>
    /// <exception cref="IOException">The address is taken, or not this machine's.</exception>
    public void Listen(IPEndPoint address) => _listener = new Listener(address, _pending, Serve, ReportShort);

    public void Start(PeerIdentity self)
    {
        Invariant.Holds(_self is null, "Transport: started once");
        Invariant.Holds(_links.ContainsKey(self.Member.Node), $"Transport: {self.Member.Node} is not configured");
        foreach (var link in _links.Values) link.Begin(self.Member, "the node starts");
        _self = self;
        _dialling = Task.WhenAll(_links.Values
            .Where(link => link.Node != self.Member.Node)
            .Select(link => new Dialler(link, Options.Nodes[link.Node], this).RunAsync(_stopping.Token)));
    }

    public void Send(MemberId to, Message message)
    {
        if (!_isStopping && Self is { } self && _links.TryGetValue(to.Node, out var link)) link.Send(to, message, self);
    }

    public void Flush()
    {
        foreach (var link in _links.Values) link.Flush();
    }

    public void SetCluster(ClusterId cluster)
    {
        if (_self is { } self) _self = self with { Cluster = cluster };
    }

    public Task ChangeIdentityAsync(PeerIdentity self, CancellationToken cancellationToken)
    {
        Invariant.Holds(_self?.Member.Node == self.Member.Node, "Transport: a new incarnation is of the same node");

        // First the links: a handshake that is under way in the old name is then turned away.
        foreach (var link in _links.Values) link.Begin(self.Member, "a new incarnation begins");
        _self = self;
        return Task.CompletedTask;
    }

    public void Probe(MemberId peer)
    {
        if (Self is not { } self) return;
        Prober.Ask(peer, self, answered =>
        {
            if (answered || _isStopping || Self?.Member != self.Member) return;
            LogProbeFailed(_logger, peer);
            _events.ProbeFailed(peer);
        });
    }

    /// <summary>Sends what waits, for as long as <see cref="TransportOptions.DrainTimeout"/>, and closes all.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isStopping) return;
        _isStopping = true;
        using (var drain = new CancellationTokenSource(Options.DrainTimeout, Clock))
        {
            await Task.WhenAll(_links.Values.Select(link => link.FinishAsync(drain.Token)));
        }

        foreach (var link in _links.Values) link.Begin(null, "this node stops");
        _listener?.Dispose();
        await _stopping.CancelAsync();
        await _dialling;
        foreach (var link in _links.Values) link.Dispose();
        Prober.Dispose();
        _stopping.Dispose();
    }

    /// <summary>All that has come on a connection by now was told.</summary>
    internal void ReceivedAll() => _events.ReceivedAll();

    /// <summary>Serves one incoming connection until it ends.</summary>
    private void Serve(PendingHandshake handshake)
    {
        using var socket = handshake.Socket;
        using var pending = handshake;
        using Stream? network = StreamOf(socket);
        if (network is null) return;
        using var stream = Options.WrapIncoming?.Invoke(network) ?? network;
        var reception = new Reception(socket, stream, this);
        var incoming = reception.Greet();
        pending.Dispose(); // It is done: what follows may last as long as this process.
        if (incoming is not null) reception.Receive(incoming);
    }

    /// <summary>Null if the connection has ended, or was cut, already.</summary>
    private static NetworkStream? StreamOf(Socket socket)
    {
        try
        {
            return new NetworkStream(socket);
        }
        catch (IOException)
        {
            return null;
        }
    }

    internal PeerLink LinkTo(NodeId node) => _links[node];

    /// <summary>A connection was refused, by this node or by the peer.</summary>
    internal void Report(NodeId? peer, Handshake.Refused refused)
    {
        var name = peer?.Value ?? "an unknown peer";
        if (!_refusals.IsNews(name, refused.Text)) return;
        LogRefused(_logger, name, refused.Text);
        _events.FrameRefused($"connection with {name} refused: {refused.Text}");
        if (refused.Code == RefusalCode.DuplicateNodeId) _events.Alarm(refused.Text);
    }

    private void ReportShort() => Report(null, new Handshake.Refused(
        RefusalCode.NotReady,
        "this process has too many open files. Raise its limit: LimitNOFILE of a systemd unit, ulimit -n of a shell"));

    private void OnChannelUp(PeerIdentity peer)
    {
        _refusals.Forget(peer.Member.Node);
        if (Interlocked.Exchange(ref _hasDrilled, 1) != 0 || Self is not { } self) return;

        // The first probe of a process is slow, and one may matter soon: make it now, when nothing depends on it.
        Prober.Ask(peer.Member, self, _ => { });
    }
}
