using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>
/// A cluster as the RM sees it, without replicas: views come and go, commands are obeyed, providers are brought up and
/// primaries drained at once when the planner asks for it.
/// </summary>
internal sealed class PlannedCluster
{
    private readonly SortedSet<MemberId> _leaving = [];
    private readonly SortedSet<ServiceName> _drained = [];
    private readonly SortedDictionary<NodeId, ulong> _tombstones = [];
    private readonly SortedSet<NodeId> _left = [];
    private ImmutableArray<Member> _members;
    private long _epoch = 4;

    public PlannedCluster(params NodeId[] nodes)
    {
        _members = [.. nodes.Select((node, i) => new Member(
            new MemberId(node, new Incarnation(1, (ulong)i)), new DiskId((UInt128)(uint)(i + 1)), NodeKind.Voter))];
        View = MakeView();
    }

    public Registry Registry { get; } = new();

    public View View { get; private set; }

    public TimeSpan Elapsed { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether a node that is back says that its copy is good.</summary>
    public bool AreCopiesGood { get; set; } = true;

    /// <summary>Whether the leases of evicted providers have run out.</summary>
    public bool IsFenced { get; set; } = true;

    /// <summary>How many decisions changed something.</summary>
    public int Decisions { get; private set; }

    public ServiceEntry this[string service] => Registry.Find(new ServiceName(service))!;

    public static NodeId[] Nodes(params int[] numbers) => [.. numbers.Select(n => new NodeId($"{n}"))];

    /// <summary>The primary's node, and the others that are in sync, in order.</summary>
    public (string? Primary, string Secondaries) Roles(string service)
    {
        var configuration = this[service].Configuration;
        var others = configuration.InSync.Where(p => p.Member != configuration.Primary)
            .Where(p => View.Contains(p.Member)).Select(p => p.Member.Node.Value).Order(StringComparer.Ordinal);
        return (configuration.Primary?.Node.Value, string.Join(' ', others));
    }

    public void Define(params ServiceDefinition[] definitions)
    {
        var decision = Begin("defined");
        foreach (var definition in definitions)
        {
            decision.Put(new ServiceEntry(definition, Configuration.NotStarted(definition.Name)));
        }

        Commit(decision);
        Settle();
    }

    /// <summary>The nodes are evicted in one view, without having said that they leave.</summary>
    public void Lose(params NodeId[] nodes)
    {
        foreach (var member in _members.Where(m => nodes.Contains(m.Id.Node)))
        {
            _tombstones[member.Id.Node] = member.Id.Incarnation.Counter;
        }

        _members = _members.RemoveAll(m => nodes.Contains(m.Id.Node));
        Reconcile();
    }

    /// <summary>The node says that it leaves, and is left out of the next view.</summary>
    public void LoseInOrder(NodeId node)
    {
        _left.Add(node);
        Lose(node);
        _left.Remove(node);
    }

    /// <summary>The node comes back with its disk, as a new incarnation.</summary>
    public void Return(NodeId node, int disk)
    {
        var member = new Member(
            new MemberId(node, new Incarnation((ulong)++_epoch, 7)), new DiskId((UInt128)(uint)disk), NodeKind.Voter);
        _members = [.. _members.Append(member).OrderBy(m => m.Id.Node)];
        Reconcile();
    }

    public void Leave(NodeId node)
    {
        _leaving.Add(View.MemberOn(node)!.Id);
        Commit(Begin($"{node} is leaving"));
    }

    public void Reconcile()
    {
        View = MakeView();
        var decision = Begin($"view {View.Epoch}");
        Quarantine.Count(decision, QuarantineRule.Default, (node, _) => _left.Contains(node));
        Commit(decision);
    }

    public CommandAnswer Give(OperatorCommand command)
    {
        var decision = Begin($"command: {command}");
        var answer = new CommandRules(decision, Registry).Obey(command);
        if (answer.Outcome != CommandOutcome.Refused) Commit(decision);
        return answer;
    }

    /// <summary>The service's code fails on a node once more.</summary>
    public void Fail(string service, string node)
    {
        var (entry, member) = (this[service], View.MemberOn(new NodeId(node))!.Id);
        var told = entry.Failures.FirstOrDefault(f => f.Member == member)?.Number ?? 0;
        var decision = Begin($"the code of {service} failed on {node}");
        decision.Put(FailureBudget.Count(entry, member, told + 1, "it threw", Elapsed));
        Commit(decision);
    }

    /// <summary>A node says what it has code for.</summary>
    public void Offer(NodeId node, params string[] kinds)
    {
        var decision = Begin($"{node} offers");
        decision.Put(decision.Node(node) with { HasToldKinds = true, Kinds = [.. kinds] });
        Commit(decision);
    }

    /// <summary>Failures that are older than their window count no more.</summary>
    public void Expire(string service)
    {
        var decision = Begin("expired");
        decision.Put(FailureBudget.Expire(this[service], View.Contains, Elapsed));
        Commit(decision);
    }

    /// <summary>Brings up what is placed and not in sync, and drains what is frozen, until nothing changes.</summary>
    public void Settle()
    {
        for (var i = 0; i < 50; i++)
        {
            if (!BringUpOne() && !DrainAll() && !Relieve()) return;
        }

        throw new InvalidOperationException("The planner does not come to rest.");
    }

    /// <summary>One provider that is placed becomes in sync.</summary>
    public bool BringUpOne()
    {
        foreach (var entry in Registry.Services.Where(e => e.Configuration.Primary is not null))
        {
            var missing = entry.Placement.Where(n => !entry.IsInSyncOn(n)).Select(View.MemberOn).OfType<Member>();
            if (missing.FirstOrDefault() is not { } member) continue;
            var decision = Begin($"{member.Id} is brought up");
            var inSync = entry.Configuration.InSync.Where(p => p.Member.Node != member.Id.Node)
                .Append(new Provider(member.Id, member.Disk)).OrderBy(p => p.Member);
            decision.Put(entry with { Configuration = entry.Configuration with { InSync = [.. inSync] } });
            Commit(decision);
            return true;
        }

        return false;
    }

    /// <summary>The primaries that are frozen for a switchover have nothing in flight any more.</summary>
    public bool DrainAll()
    {
        var frozen = Registry.Services.Where(e => e.Operation is { Stage: OperationStage.Freeze }).ToList();
        foreach (var entry in frozen)
        {
            _drained.Add(entry.Definition.Name);
            Commit(Begin($"{entry.Definition.Name} is drained"));
        }

        _drained.Clear();
        return frozen.Count > 0;
    }

    /// <summary>What fails goes where another provider has come in sync since.</summary>
    private bool Relieve()
    {
        var before = Decisions;
        if (Registry.Failing.Count > 0) Commit(Begin("failing"));
        return Decisions > before;
    }

    private Decision Begin(string cause) =>
        new(Registry, View, _leaving, Elapsed, cause)
        {
            IsDrained = _drained.Contains,
            IsFenced = _ => IsFenced,
            HasGoodCopy = (_, _) => AreCopiesGood,
        };

    private void Commit(Decision decision)
    {
        ConfigurationPlanner.Plan(decision, decision.Groups.All, Profile.Lan, Mutation.None);
        var change = decision.ToChange();
        if (change.IsEmpty) return;
        Registry.Change(change, Decisions + 1);
        Decisions++;
        TogetherHolds();
    }

    private void TogetherHolds()
    {
        foreach (var entry in Registry.Services.Where(e => !e.IsFrozen && e.Configuration.Primary is not null))
        {
            foreach (var sponsor in entry.Definition.With.Select(Registry.Find).OfType<ServiceEntry>())
            {
                sponsor.IsFrozen.ShouldBeFalse();
                sponsor.Configuration.Primary?.Node.ShouldBe(entry.Configuration.Primary!.Value.Node);
            }
        }
    }

    private View MakeView() => new(
        new ClusterId(7), new Epoch(++_epoch), 0, [.. _members.Select(m => new Acceptor(m.Id.Node, m.Disk))],
        _members, [.. _tombstones.Select(t => new Tombstone(t.Key, t.Value))], null, default);
}
