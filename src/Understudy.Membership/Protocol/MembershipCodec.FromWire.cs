using System.Collections.Immutable;
using Google.Protobuf.Collections;
using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

// Each conversion notes the first fault and goes on with a default: whoever asked looks at the fault at the end.
public static partial class MembershipCodec
{
    private static readonly TimeSpan LongestLease = TimeSpan.FromDays(1);

    private static MembershipMessage? FromWire(Wire.Envelope envelope, ref string? fault) => envelope.BodyCase switch
    {
        Wire.Envelope.BodyOneofCase.Heartbeat => ToHeartbeat(envelope.Heartbeat, ref fault),
        Wire.Envelope.BodyOneofCase.HeartbeatAnswer => new MembershipMessage.HeartbeatAnswer(
            envelope.HeartbeatAnswer.SentAt,
            ToEpoch(envelope.HeartbeatAnswer.Epoch, ref fault),
            envelope.HeartbeatAnswer.IsGranted),
        Wire.Envelope.BodyOneofCase.Prepare => new MembershipMessage.Prepare(
            ToEpoch(envelope.Prepare.Instance, ref fault), ToBallot(envelope.Prepare.Ballot, ref fault)),
        Wire.Envelope.BodyOneofCase.Promise => ToPromise(envelope.Promise, ref fault),
        Wire.Envelope.BodyOneofCase.Accept => ToAccept(envelope.Accept, ref fault),
        Wire.Envelope.BodyOneofCase.Accepted => new MembershipMessage.Accepted(
            ToEpoch(envelope.Accepted.Instance, ref fault),
            ToBallot(envelope.Accepted.Ballot, ref fault),
            envelope.Accepted.ViewHash,
            ToLeases(envelope.Accepted.Remaining, ref fault)),
        Wire.Envelope.BodyOneofCase.Refused => new MembershipMessage.Refused(
            ToEpoch(envelope.Refused.Instance, ref fault),
            ToBallot(envelope.Refused.Ballot, ref fault),
            ToBallot(envelope.Refused.Promised, ref fault)),
        Wire.Envelope.BodyOneofCase.Decided => ToDecided(envelope.Decided, ref fault),
        Wire.Envelope.BodyOneofCase.PullView =>
            new MembershipMessage.PullView(ToEpoch(envelope.PullView.From, ref fault)),
        Wire.Envelope.BodyOneofCase.Leave => new MembershipMessage.Leave(),
        Wire.Envelope.BodyOneofCase.CurrencyAsked => new MembershipMessage.CurrencyAsked(
            envelope.CurrencyAsked.Token, envelope.CurrencyAsked.Version),
        Wire.Envelope.BodyOneofCase.CurrencyAnswered => new MembershipMessage.CurrencyAnswered(
            envelope.CurrencyAnswered.Token, envelope.CurrencyAnswered.IsCurrent),
        _ => null,
    };

    private static MembershipMessage.Heartbeat ToHeartbeat(Wire.Heartbeat wire, ref string? fault)
    {
        var heard = ImmutableArray.CreateBuilder<NodeId>(wire.Heard.Count);
        foreach (var node in wire.Heard) heard.Add(ToNode(node, ref fault));
        var accused = ImmutableArray.CreateBuilder<Accusation>(wire.Accused.Count);
        foreach (var each in wire.Accused)
        {
            if (each.Evidence is < Wire.EvidenceClass.Left or > Wire.EvidenceClass.Stuck)
                fault ??= $"an accusation has the unknown evidence {(int)each.Evidence}";
            accused.Add(new Accusation(ToMemberId(each.Subject, ref fault), (EvidenceClass)(each.Evidence - 1)));
        }

        return new MembershipMessage.Heartbeat(
            wire.SentAt,
            wire.Cluster is { } cluster ? new ClusterId(ToUInt128(cluster, ref fault)) : null,
            ToEpoch(wire.Epoch, ref fault),
            wire.IsMember,
            wire.WriteCounter,
            wire.SeenWriteCounter,
            wire.Progress,
            wire.IsWaiting,
            wire.IsLate,
            heard.MoveToImmutable(),
            accused.MoveToImmutable());
    }

    private static MembershipMessage.Promise ToPromise(Wire.Promise wire, ref string? fault)
    {
        var (ballot, view) = ToAcceptance(wire.AcceptedBallot, wire.AcceptedView, ref fault);
        return new MembershipMessage.Promise(
            ToEpoch(wire.Instance, ref fault), ToBallot(wire.Ballot, ref fault), ballot, view);
    }

    private static MembershipMessage.Accept? ToAccept(Wire.Accept wire, ref string? fault)
    {
        var view = ToView(wire.View, ref fault);
        var ballot = ToBallot(wire.Ballot, ref fault);
        return view is null ? null : new MembershipMessage.Accept(ToEpoch(wire.Instance, ref fault), ballot, view);
    }

    private static MembershipMessage.Decided? ToDecided(Wire.Decided wire, ref string? fault)
    {
        var view = ToView(wire.View, ref fault);
        return view is null ? null : new MembershipMessage.Decided(view, ToLeases(wire.Fences, ref fault));
    }

    private static AcceptorRecord ToAcceptor(Wire.AcceptorState wire, ref string? fault)
    {
        var (ballot, view) = ToAcceptance(wire.AcceptedBallot, wire.AcceptedView, ref fault);
        Ballot? promised = wire.Promised is null ? null : ToBallot(wire.Promised, ref fault);
        return new AcceptorRecord(ToEpoch(wire.Instance, ref fault), promised, ballot, view, wire.WriteCounter);
    }

    private static (Ballot? Ballot, View? View) ToAcceptance(
        Wire.Ballot? ballot, Wire.View? view, ref string? fault)
    {
        if (ballot is null != view is null) fault ??= "an acceptance is half missing";
        if (ballot is null || view is null) return (null, null);
        return (ToBallot(ballot, ref fault), ToView(view, ref fault));
    }

    private static View? ToView(Wire.View? wire, ref string? fault)
    {
        if (wire is null)
        {
            fault ??= "a view is missing";
            return null;
        }

        var acceptors = ImmutableArray.CreateBuilder<Acceptor>(wire.Acceptors.Count);
        foreach (var each in wire.Acceptors)
            acceptors.Add(new Acceptor(ToNode(each.Node, ref fault), new DiskId(ToUInt128(each.Disk, ref fault))));
        var members = ImmutableArray.CreateBuilder<Member>(wire.Members.Count);
        foreach (var each in wire.Members) members.Add(ToMember(each, ref fault));
        var tombstones = ImmutableArray.CreateBuilder<Tombstone>(wire.Tombstones.Count);
        foreach (var each in wire.Tombstones)
            tombstones.Add(new Tombstone(ToNode(each.Node, ref fault), each.CounterFloor));

        return new View(
            new ClusterId(ToUInt128(wire.Cluster, ref fault)),
            ToEpoch(wire.Epoch, ref fault),
            wire.PreviousHash,
            acceptors.MoveToImmutable(),
            members.MoveToImmutable(),
            tombstones.MoveToImmutable(),
            wire.Heir is { } heir ? ToMemberId(heir, ref fault) : null,
            wire.Attachment.Memory);
    }

    private static Member ToMember(Wire.Member wire, ref string? fault)
    {
        if (wire.Kind is < Wire.NodeKind.Voter or > Wire.NodeKind.NonVoter)
            fault ??= $"a member is of the unknown kind {(int)wire.Kind}";
        var id = ToMemberId(wire.Id, ref fault);
        return new Member(id, new DiskId(ToUInt128(wire.Disk, ref fault)), (NodeKind)(wire.Kind - 1));
    }

    private static ImmutableArray<RemainingLease> ToLeases(
        RepeatedField<Wire.RemainingLease> leases, ref string? fault)
    {
        var result = ImmutableArray.CreateBuilder<RemainingLease>(leases.Count);
        foreach (var each in leases)
        {
            if (each.RemainingTicks < 0 || each.RemainingTicks > LongestLease.Ticks)
                fault ??= $"a lease of {each.RemainingTicks} ticks is out of range";
            result.Add(new RemainingLease(
                ToMemberId(each.Member, ref fault), TimeSpan.FromTicks(each.RemainingTicks)));
        }

        return result.MoveToImmutable();
    }

    private static Ballot ToBallot(Wire.Ballot? wire, ref string? fault)
    {
        if (wire is null) fault ??= "a ballot is missing";
        if (wire is null) return default;
        if (wire.Round < 0) fault ??= $"a ballot has the negative round {wire.Round}";
        return new Ballot(wire.Round, ToMemberId(wire.Proposer, ref fault));
    }

    private static MemberId ToMemberId(Wire.MemberId? wire, ref string? fault)
    {
        if (wire is null) fault ??= "a member's identity is missing";
        if (wire is null) return default;
        return new MemberId(ToNode(wire.Node, ref fault), new Incarnation(wire.Counter, wire.Nonce));
    }

    private static NodeId ToNode(string name, ref string? fault)
    {
        if (name.Length is 0 or > NodeId.MaxLength) fault ??= $"a node's name has {name.Length} characters";
        return new NodeId(name);
    }

    private static Epoch ToEpoch(long value, ref string? fault)
    {
        if (value < 0) fault ??= $"the epoch {value} is negative";
        return new Epoch(value);
    }

    private static UInt128 ToUInt128(Wire.Id128? wire, ref string? fault)
    {
        if (wire is null) fault ??= "an identity of 128 bits is missing";
        return wire is null ? default : new UInt128(wire.High, wire.Low);
    }
}
