using Understudy.Client.Protocol;
using Understudy.Kernel;
using Understudy.Kv;

namespace Understudy.Simulator.Clients;

/// <summary>How a client's operation ended for the client.</summary>
internal enum OperationOutcome
{
    Pending,

    /// <summary>The service answered.</summary>
    Answered,

    /// <summary>The client gave up: it may have taken effect, or take effect later, or never.</summary>
    Unknown,
}

/// <summary>One operation of one client, however often it was sent.</summary>
internal sealed class ClientOperation(long number, int client, ServiceName service, KvRequest request, string? key)
{
    public long Number => number;

    public int Client => client;

    public ServiceName Service => service;

    public KvRequest Request => request;

    public byte[] Body { get; } = KvCodec.Encode(request);

    /// <summary>The idempotency key, or null if the operation may be sent only once or is a read.</summary>
    public string? IdempotencyKey => key;

    public bool MayBeSentAgain => request.IsRead || key is not null;

    /// <summary>When the client began, and when it had its answer; no two of these in a history are equal.</summary>
    public long CalledAt { get; init; }

    public long ReturnedAt { get; set; } = long.MaxValue;

    public long GiveUpAt { get; set; }

    public OperationOutcome Outcome { get; set; }

    public KvAnswer? Answer { get; set; }

    /// <summary>The lineage of the service that answered.</summary>
    public Lineage Lineage { get; set; }

    /// <summary>When it was sent last.</summary>
    public long SentAt { get; set; }

    /// <summary>How often it was sent.</summary>
    public int Attempts { get; set; }

    /// <summary>How often a node admitted it.</summary>
    public int Admissions { get; set; }

    /// <summary>Whether a node that admitted it said that it was not made.</summary>
    public bool IsToldNotMade { get; set; }

    /// <summary>Whether it is never made: it was not sent elsewhere after that was said.</summary>
    public bool IsNotMade => IsToldNotMade && Admissions == 1;

    /// <summary>Whether it was begun when the cluster had healed.</summary>
    public bool IsReadBack { get; init; }

    public override string ToString() => $"{service} {request} by c{client} = {Outcome} {Answer}";
}

/// <summary>One sending of an operation to one node.</summary>
internal sealed class Attempt(ClientOperation operation, int gateway)
{
    public ClientOperation Operation => operation;

    public int Gateway => gateway;

    /// <summary>The version of the service that the client has heard of and sends along, or null.</summary>
    public long? Version { get; init; }

    /// <summary>Whether it is for the primary itself, and not to be forwarded.</summary>
    public bool IsDirect { get; init; }

    /// <summary>The step of the client's plan that it carries out, if it has one.</summary>
    public RequestStep.Send? Step { get; init; }

    /// <summary>Whether its client will leave it, if it is not answered soon.</summary>
    public bool IsBeingLeft { get; set; }

    /// <summary>When it has arrived.</summary>
    public long ArrivedAt { get; set; }

    /// <summary>Until when the node holds it.</summary>
    public long HeldUntil { get; set; }

    /// <summary>The gateway's name for it; 0 until it has arrived.</summary>
    public long Number { get; set; }

    /// <summary>True once the client no longer waits for it.</summary>
    public bool IsOver { get; set; }
}
