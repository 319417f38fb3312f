using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>What an idle primary says: the last that a secondary was told may have been lost.</summary>
public sealed class ReplicaReminderTests
{
    private readonly Replica _replica = new(
        Registry.Name, Id(1), isDurable: false, new OnceOnlyState(new Letters()), null, Profile.Lan, Mutation.None);

    private TimeSpan _now;

    [Fact]
    public void A_secondary_that_has_all_is_reminded_more_and_more_seldom_until_something_happens()
    {
        Turn(r => r.Lead(Version(1), Providers(1, 2)));
        var atFirst = CountDuring(TimeSpan.FromSeconds(4));
        atFirst.ShouldBeInRange(2, 4);
        CountDuring(TimeSpan.FromSeconds(60)).ShouldBeInRange(5, 8);

        Turn(r => r.Append(OnceOnlyState.Wrap(Bytes("a"))));
        Turn(r => r.EndBatch());
        CountDuring(TimeSpan.FromSeconds(4)).ShouldBeGreaterThanOrEqualTo(atFirst);
    }

    /// <summary>The secondary answers everything at once.</summary>
    private int CountDuring(TimeSpan time)
    {
        var (count, end) = (0, _now + time);
        for (; _now < end; _now += Profile.Lan.Tick) count += Turn(r => r.Tick());
        return count;
    }

    private int Turn(Action<Replica> act)
    {
        List<ReplicaEffect> effects = [];
        _replica.Begin(_now, effects);
        act(_replica);
        var count = 0;
        for (var i = 0; i < effects.Count; i++)
        {
            if (effects[i] is not ReplicaEffect.Send { Message: ReplicationMessage.Append append } send) continue;
            count++;
            _replica.OnAppended(send.To, new ReplicationMessage.Appended(
                append.Service, append.Version, true, append.PreviousSequence + append.Entries.Length, append.Round));
            _replica.EndBatch();
        }

        return count;
    }
}
