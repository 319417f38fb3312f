using Understudy.Kernel;

namespace Understudy.Transport;

/// <summary>Lets a reason through once: a refused peer dials again for ever, each time with the same news.</summary>
internal sealed class RefusalReports(TimeProvider clock)
{
    private static readonly TimeSpan s_repeatAfter = TimeSpan.FromSeconds(10);
    private const int MaxPeers = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Text, long At)> _last = [];

    /// <summary>True if this is news about the peer: another text, or the same after ten seconds.</summary>
    public bool IsNews(string peer, string text)
    {
        lock (_gate)
        {
            var isKnown = _last.TryGetValue(peer, out var last);
            if (isKnown && last.Text == text && clock.GetElapsedTime(last.At) < s_repeatAfter) return false;

            // Names come from the network: they must not fill the memory.
            if (!isKnown && _last.Count >= MaxPeers) _last.Clear();
            _last[peer] = (text, clock.GetTimestamp());
            return true;
        }
    }

    /// <summary>What was reported about the peer is settled; the same again would be news.</summary>
    public void Forget(NodeId peer)
    {
        lock (_gate) _last.Remove(peer.Value);
    }
}
