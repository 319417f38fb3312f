using Google.Protobuf;
using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

public static partial class MembershipCodec
{
    private static Wire.Envelope ToWire(MembershipMessage message) => message switch
    {
        MembershipMessage.Heartbeat heartbeat => new() { Heartbeat = ToWire(heartbeat) },
        MembershipMessage.HeartbeatAnswer answer => new()
        {
            HeartbeatAnswer = new()
            {
                SentAt = answer.SentAt,
                Epoch = answer.Epoch.Value,
                IsGranted = answer.IsGranted,
            },
        },
        MembershipMessage.Leave => new() { Leave = new() },
        MembershipMessage.CurrencyAsked asked => new()
        {
            CurrencyAsked = new() { Token = asked.Token, Version = asked.Version },
        },
        MembershipMessage.CurrencyAnswered answered => new()
        {
            CurrencyAnswered = new() { Token = answered.Token, IsCurrent = answered.IsCurrent },
        },
        _ => AgreementToWire(message),
    };

    private static Wire.Envelope AgreementToWire(MembershipMessage message) => message switch
    {
        MembershipMessage.Prepare prepare => new()
        {
            Prepare = new() { Instance = prepare.Instance.Value, Ballot = ToWire(prepare.Ballot) },
        },
        MembershipMessage.Promise promise => new()
        {
            Promise = new()
            {
                Instance = promise.Instance.Value,
                Ballot = ToWire(promise.Ballot),
                AcceptedBallot = promise.AcceptedBallot is { } ballot ? ToWire(ballot) : null,
                AcceptedView = promise.AcceptedView is { } view ? ToWire(view) : null,
            },
        },
        MembershipMessage.Accept accept => new()
        {
            Accept = new()
            {
                Instance = accept.Instance.Value,
                Ballot = ToWire(accept.Ballot),
                View = ToWire(accept.View),
            },
        },
        MembershipMessage.Accepted accepted => new()
        {
            Accepted = new()
            {
                Instance = accepted.Instance.Value,
                Ballot = ToWire(accepted.Ballot),
                ViewHash = accepted.ViewHash,
                Remaining = { accepted.Remaining.Select(ToWire) },
            },
        },
        MembershipMessage.Refused refused => new()
        {
            Refused = new()
            {
                Instance = refused.Instance.Value,
                Ballot = ToWire(refused.Ballot),
                Promised = ToWire(refused.Promised),
            },
        },
        MembershipMessage.Decided decided => new()
        {
            Decided = new() { View = ToWire(decided.View), Fences = { decided.Fences.Select(ToWire) } },
        },
        MembershipMessage.PullView pull => new() { PullView = new() { From = pull.From.Value } },
        _ => throw new ArgumentException($"{message.GetType().Name} never goes on the wire.", nameof(message)),
    };

    private static Wire.Heartbeat ToWire(MembershipMessage.Heartbeat heartbeat) => new()
    {
        SentAt = heartbeat.SentAt,
        Cluster = heartbeat.Cluster is { } cluster ? ToWire(cluster.Value) : null,
        Epoch = heartbeat.Epoch.Value,
        IsMember = heartbeat.IsMember,
        WriteCounter = heartbeat.WriteCounter,
        SeenWriteCounter = heartbeat.SeenWriteCounter,
        Progress = heartbeat.Progress,
        IsWaiting = heartbeat.IsWaiting,
        IsLate = heartbeat.IsLate,
        Heard = { heartbeat.Heard.Select(node => node.Value) },
        Accused =
        {
            heartbeat.Accused.Select(accusation => new Wire.Accusation
            {
                Subject = ToWire(accusation.Subject), Evidence = (Wire.EvidenceClass)(accusation.Evidence + 1),
            }),
        },
    };

    private static Wire.AcceptorState ToWire(AcceptorRecord record) => new()
    {
        Instance = record.Instance.Value,
        Promised = record.Promised is { } promised ? ToWire(promised) : null,
        AcceptedBallot = record.AcceptedBallot is { } ballot ? ToWire(ballot) : null,
        AcceptedView = record.AcceptedView is { } view ? ToWire(view) : null,
        WriteCounter = record.WriteCounter,
    };

    private static Wire.View ToWire(View view) => new()
    {
        Cluster = ToWire(view.Cluster.Value),
        Epoch = view.Epoch.Value,
        PreviousHash = view.PreviousHash,
        Acceptors =
        {
            view.Acceptors.Select(each => new Wire.Acceptor { Node = each.Node.Value, Disk = ToWire(each.Disk.Value) }),
        },
        Members =
        {
            view.Members.Select(each => new Wire.Member
            {
                Id = ToWire(each.Id), Disk = ToWire(each.Disk.Value), Kind = (Wire.NodeKind)(each.Kind + 1),
            }),
        },
        Tombstones =
        {
            view.Tombstones.Select(each => new Wire.Tombstone
            {
                Node = each.Node.Value, CounterFloor = each.CounterFloor,
            }),
        },
        Heir = view.Heir is { } heir ? ToWire(heir) : null,
        Attachment = UnsafeByteOperations.UnsafeWrap(view.Attachment),
    };

    private static Wire.RemainingLease ToWire(RemainingLease lease) =>
        new() { Member = ToWire(lease.Member), RemainingTicks = lease.Remaining.Ticks };

    private static Wire.Ballot ToWire(Ballot ballot) =>
        new() { Round = ballot.Round, Proposer = ToWire(ballot.Proposer) };

    private static Wire.MemberId ToWire(MemberId id) =>
        new() { Node = id.Node.Value, Counter = id.Incarnation.Counter, Nonce = id.Incarnation.Nonce };

    private static Wire.Id128 ToWire(UInt128 value) => new() { High = (ulong)(value >> 64), Low = (ulong)value };
}
