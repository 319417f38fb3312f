using System.Collections.Immutable;
using System.Net;
using Understudy.Kernel;

namespace Understudy.Transport;

/// <summary>How a node meets its peers. The timings come from the profile (<see cref="For"/>).</summary>
public sealed record TransportOptions
{
    /// <summary>The configured name of the cluster. A peer that names another is refused.</summary>
    public required string ClusterName { get; init; }

    /// <summary>Every configured node, this one included, with its registered address.</summary>
    public required ImmutableSortedDictionary<NodeId, IPEndPoint> Nodes { get; init; }

    /// <summary>
    /// See <see cref="MaxFrameBodyBytes"/>. A decision of the RM is one checkpoint: of 10,000 services some 2 MB.
    /// </summary>
    public const int UsualFrameBodyBytes = 16 * 1024 * 1024;

    /// <summary>The longest body of a frame, in bytes. Default 16 MiB. A longer one closes its connection.</summary>
    public int MaxFrameBodyBytes { get; init; } = UsualFrameBodyBytes;

    /// <summary>How much may wait to be sent on one channel, in bytes. Default 64 MiB. More closes it.</summary>
    public int MaxOutboundBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// How many incoming connections may be within their handshake. Default 32. One more closes the oldest.
    /// </summary>
    public int MaxPendingHandshakes { get; init; } = 32;

    /// <summary>How long one attempt to connect may take. Default 50 ms: a lost SYN must not cost a second.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a handshake may take once connected. Default 500 ms.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long to wait after the first failed attempt to connect; doubles. Default 5 ms.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The longest wait between attempts to connect. Default 100 ms.</summary>
    public TimeSpan LastBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long to wait before each attempt of a probe. Default 0, 1 and 1 ms.</summary>
    public ImmutableArray<TimeSpan> ProbeWaits { get; init; } =
    [
        TimeSpan.Zero,
        TimeSpan.FromMilliseconds(1),
        TimeSpan.FromMilliseconds(1),
    ];

    /// <summary>How long one attempt of a probe may take. Default 5 ms. Silence for so long is a failure.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long closing waits until what was queued is sent. Default 200 ms.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The seam for TLS on the listening side: wraps the stream of a connection from a peer, on the thread that will
    /// read it.
    /// </summary>
    public Func<Stream, Stream>? WrapIncoming { get; init; }

    /// <summary>The seam for TLS on the dialling side: wraps the stream of a new connection to a peer.</summary>
    public Func<Stream, NodeId, CancellationToken, ValueTask<Stream>>? WrapOutgoing { get; init; }

    /// <summary>The options of a cluster with this profile.</summary>
    public static TransportOptions For(
        Profile profile, string clusterName, ImmutableSortedDictionary<NodeId, IPEndPoint> nodes)
    {
        // One round trip of the network the profile is for: a probe must not fail for distance.
        var roundTrip = profile.Silence / 20;
        return new TransportOptions
        {
            ClusterName = clusterName,
            Nodes = nodes,
            ConnectTimeout = Max(TimeSpan.FromMilliseconds(50), roundTrip),
            HandshakeTimeout = Max(TimeSpan.FromMilliseconds(500), profile.Silence),
            LastBackoff = profile.Heartbeat,
            ProbeTimeout = profile.Silence > TimeSpan.FromSeconds(1) ? roundTrip : TimeSpan.FromMilliseconds(5),
        };
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
