using Understudy.Kernel;

namespace Understudy.Transport;

/// <summary>
/// Moves messages between incarnations of nodes. Messages on one channel arrive in order (but for those that may be
/// late, <see cref="Message.LateName"/>), each at most once, and none after the channel's loss was reported. Every
/// member may be called from any thread.
/// </summary>
public interface ITransport : IAsyncDisposable
{
    /// <summary>Begins to open channels to all configured peers under this identity. Called once.</summary>
    void Start(PeerIdentity self);

    /// <summary>
    /// Adds a message to what waits on the channel to this incarnation. Dropped if there is no such channel. It leaves
    /// with the next <see cref="Flush"/>, at the latest.
    /// </summary>
    void Send(MemberId to, Message message);

    /// <summary>
    /// Begins to write what was added, on the caller's thread as far as the sockets take it at once. Never waits.
    /// </summary>
    void Flush();

    /// <summary>The node now belongs to this cluster: peers and frames of other clusters are refused.</summary>
    void SetCluster(ClusterId cluster);

    /// <summary>
    /// The node begins a new incarnation: every channel is lost (and reported so before anything else), then peers
    /// are met anew under the new identity.
    /// </summary>
    Task ChangeIdentityAsync(PeerIdentity self, CancellationToken cancellationToken);

    /// <summary>
    /// Asks by a few short attempts whether this incarnation still answers at its registered address. Reports
    /// <see cref="ITransportEvents.ProbeFailed"/> if it does not, and nothing if it does.
    /// </summary>
    void Probe(MemberId peer);
}
