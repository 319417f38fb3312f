using CsCheck;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;
using static Understudy.Codecs.KernelGen;

namespace Understudy.Membership.Tests;

/// <summary>Generates membership's messages and records.</summary>
internal static class MembershipGen
{
    private static readonly Gen<Ballot> Ballots =
        Gen.Select(Gen.Int[0, int.MaxValue], MemberIds, (round, proposer) => new Ballot(round, proposer));

    private static readonly Gen<Acceptor> Acceptors =
        Gen.Select(Nodes, Disks, (node, disk) => new Acceptor(node, disk));

    private static readonly Gen<Member> Members = Gen.Select(
        MemberIds, Disks, Gen.Enum<NodeKind>(), (id, disk, kind) => new Member(id, disk, kind));

    private static readonly Gen<Tombstone> Tombstones =
        Gen.Select(Nodes, Unsigned, (node, floor) => new Tombstone(node, floor));

    private static readonly Gen<RemainingLease> Leases = Gen.Select(
        MemberIds,
        Gen.Long[0, TimeSpan.TicksPerDay],
        (member, ticks) => new RemainingLease(member, new TimeSpan(ticks)));

    private static readonly Gen<Accusation> Accusations = Gen.Select(
        MemberIds, Gen.Enum<EvidenceClass>(), (subject, evidence) => new Accusation(subject, evidence));

    public static readonly Gen<View> Views = Gen.Select(
        Gen.Select(Clusters, Epochs, Unsigned),
        List(Acceptors),
        List(Members),
        List(Tombstones),
        Maybe(MemberIds),
        Bytes,
        (start, acceptors, members, tombstones, heir, attachment) => new View(
            start.Item1, start.Item2, start.Item3, acceptors, members, tombstones, heir, attachment));

    private static readonly Gen<(Ballot? Ballot, View? View)> Acceptances = Gen.Select(
        Ballots, MaybeRecord(Views), (ballot, view) => (view is null ? (Ballot?)null : ballot, view));

    public static readonly Gen<AcceptorRecord> Records = Gen.Select(
        Epochs, Maybe(Ballots), Acceptances, Unsigned, (instance, promised, acceptance, counter) =>
            new AcceptorRecord(instance, promised, acceptance.Ballot, acceptance.View, counter));

    private static readonly Gen<MembershipMessage> Heartbeats = Gen.Select(
        Gen.Select(Signed, Maybe(Clusters), Epochs),
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool),
        Gen.Select(Unsigned, Unsigned, Signed),
        List(Nodes),
        List(Accusations),
        (start, flags, counters, heard, accused) => (MembershipMessage)new MembershipMessage.Heartbeat(
            start.Item1, start.Item2, start.Item3, flags.Item1, counters.Item1, counters.Item2, counters.Item3,
            flags.Item2, flags.Item3, heard, accused));

    public static readonly Gen<MembershipMessage> Messages = Gen.OneOf(
        Heartbeats,
        Gen.Select(Signed, Epochs, Gen.Bool, (sentAt, epoch, isGranted) =>
            (MembershipMessage)new MembershipMessage.HeartbeatAnswer(sentAt, epoch, isGranted)),
        Gen.Select(Epochs, Ballots, (instance, ballot) =>
            (MembershipMessage)new MembershipMessage.Prepare(instance, ballot)),
        Gen.Select(Epochs, Ballots, Acceptances, (instance, ballot, acceptance) =>
            (MembershipMessage)new MembershipMessage.Promise(instance, ballot, acceptance.Ballot, acceptance.View)),
        Gen.Select(Epochs, Ballots, Views, (instance, ballot, view) =>
            (MembershipMessage)new MembershipMessage.Accept(instance, ballot, view)),
        Gen.Select(Epochs, Ballots, Unsigned, List(Leases), (instance, ballot, hash, leases) =>
            (MembershipMessage)new MembershipMessage.Accepted(instance, ballot, hash, leases)),
        Gen.Select(Epochs, Ballots, Ballots, (instance, ballot, promised) =>
            (MembershipMessage)new MembershipMessage.Refused(instance, ballot, promised)),
        Gen.Select(Views, List(Leases), (view, fences) =>
            (MembershipMessage)new MembershipMessage.Decided(view, fences)),
        Epochs.Select(epoch => (MembershipMessage)new MembershipMessage.PullView(epoch)),
        Gen.Const((MembershipMessage)new MembershipMessage.Leave()),
        Gen.Select(Signed, Signed, (token, version) =>
            (MembershipMessage)new MembershipMessage.CurrencyAsked(token, version)),
        Gen.Select(Signed, Gen.Bool, (token, isCurrent) =>
            (MembershipMessage)new MembershipMessage.CurrencyAnswered(token, isCurrent)));
}
