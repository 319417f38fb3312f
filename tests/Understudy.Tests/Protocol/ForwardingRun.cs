using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

/// <summary>
/// One seed's history of what clients want of a service's program and of its primaries, held against what must be
/// after each step.
/// </summary>
internal abstract class ForwardingRun(ulong seed)
{
    private const int Steps = 300;

    private long _epoch;

    protected SeededRandom Random { get; } = new(seed);

    protected TimeSpan Now { get; set; }

    protected BackendRoute Route { get; set; } = BackendRoute.None;

    protected string Seed => $"seed {seed}";

    protected bool HasLease => Now < Route.Until;

    protected bool MayForward => Route is { Primary: not null, IsFrozen: false } && HasLease;

    public void Run()
    {
        for (var step = 0; step < Steps; step++)
        {
            Now += TimeSpan.FromMilliseconds(Random.Below(200));
            Step();
            Check();
        }

        End();
    }

    public static BackendRoute RouteTo(
        MemberId? primary, long epoch, TimeSpan until, params MemberId[] members) => new()
        {
            Primary = primary,
            Until = until,
            View = new View(
            new ClusterId(1),
            new Epoch(epoch),
            0,
            [],
            [.. members.Select(member => new Member(member, new DiskId(1), NodeKind.Voter))],
            [],
            null,
            default),
        };

    /// <summary>Has something happen.</summary>
    protected abstract void Step();

    /// <summary>Holds what there is against what must be.</summary>
    protected abstract void Check();

    /// <summary>Has everything come to its end.</summary>
    protected abstract void End();

    /// <summary>The node learns something.</summary>
    protected BackendRoute DrawRoute()
    {
        MemberId[] members = [.. Enumerable.Range(1, 3).Select(i => Member(i, (ulong)Random.Below(2) + 1))];
        var primary = Random.Below(4) == 0 ? (MemberId?)null : members[Random.Below(3)];
        return Route = RouteTo(primary, ++_epoch, Now + TimeSpan.FromMilliseconds(Random.Below(500)), members) with
        {
            IsFrozen = Random.Below(5) == 0,
            IsPlanned = Random.Below(2) == 0,
            IsUnknown = Random.Below(50) == 0,
        };
    }

    /// <summary>What is at the primary's backend stays there while the lease lasts.</summary>
    protected void ShouldLeave(MemberId backend) =>
        (backend != Route.Primary || !HasLease).ShouldBeTrue($"{Seed}: taken back from the primary's backend");

    private static MemberId Member(int node, ulong counter) =>
        new(new NodeId($"n{node}"), new Incarnation(counter, 7));
}
