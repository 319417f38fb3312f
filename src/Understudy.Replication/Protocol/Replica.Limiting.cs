using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// A service may demand more than one in-sync provider. With fewer, its primary commits nothing that was not in its log
/// when they became so few: it takes no writes, instead of going on with less than was asked for.
/// </summary>
public sealed partial class Replica
{
    private int _minInSync = 1;
    private int _inSync;
    private long _commitLimit = long.MaxValue;

    /// <summary>From now on commits need so many in-sync providers.</summary>
    public void Require(int minInSync)
    {
        if (minInSync == _minInSync) return;
        _minInSync = minInSync;
        LimitCommits();
        Advance();
    }

    private void LimitCommits()
    {
        var isEnough = Role != ReplicaRole.Primary || _inSync >= _minInSync || !Allows(Mutation.MinInSyncIgnored);
        _commitLimit = isEnough ? long.MaxValue : Math.Min(_commitLimit, _log.LastSequence);
    }
}
