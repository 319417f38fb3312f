using System.Globalization;
using System.Text;
using Understudy.Kv;
using Understudy.Simulator.Clients;
using Understudy.Verification;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// What the clients saw could have been seen by clients of one store that does one operation at a time.
/// </summary>
internal sealed class Linearizability(LostServices losses) : Checker
{
    public int HistoriesChecked { get; private set; }

    public override void OnEnd(IReadOnlyList<ClientOperation> history)
    {
        List<KvOperation> operations = [];
        foreach (var operation in history)
        {
            if (!losses.IsLost(operation.Service)) operations.Add(Translate(operation));
        }

        var result = LinearizabilityChecker.Check(operations);
        HistoriesChecked = operations.DistinctBy(o => o.Key).Count();
        if (result.Verdict == Verdict.Linearizable) return;
        Fail(Describe(result, operations));
    }

    private static string Describe(LinearizabilityResult result, List<KvOperation> operations)
    {
        var text = new StringBuilder().AppendLine(
            CultureInfo.InvariantCulture, $"{result.Key} is {result.Verdict} at {result.Blocked}; around it:");
        var around = result.Blocked?.CalledAt ?? 0;
        foreach (var operation in operations.Where(o => o.Key == result.Key && IsNear(o, around)))
        {
            text.Append("    ").AppendLine(operation.ToString());
        }

        return text.ToString();
    }

    private static bool IsNear(KvOperation operation, long time) =>
        Math.Abs(operation.CalledAt - time) < 5 * TimeSpan.TicksPerSecond;

    private KvOperation Translate(ClientOperation operation)
    {
        var (kind, argument, expected) = operation.Request switch
        {
            KvRequest.Get => (KvOperationKind.Get, 0L, 0L),
            KvRequest.Delete => (KvOperationKind.Delete, 0, 0),
            KvRequest.Increment => (KvOperationKind.Increment, 1, 0),
            KvRequest.Put { Condition.Kind: KvConditionKind.None } put => (KvOperationKind.Put, Number(put.Value), 0),
            KvRequest.Put put => (KvOperationKind.CompareAndSet, Number(put.Value), put.Condition.Version),
            _ => throw new System.Diagnostics.UnreachableException($"Unknown request {operation.Request}."),
        };
        var hasValue = operation is { Request: KvRequest.Get or KvRequest.Increment, Answer.Status: KvStatus.Ok };
        return new KvOperation
        {
            Key = $"{operation.Service}/{operation.Request.Key}",
            Kind = kind,
            CalledAt = operation.CalledAt,
            ReturnedAt = operation.ReturnedAt,
            Outcome = Outcome(operation),
            Argument = argument,
            Expected = expected,
            Value = hasValue ? Number(operation.Answer!.Value) : 0,
            Version = operation.Answer is { Status: KvStatus.Ok } answer ? answer.Version : 0,
        };
    }

    private KvOutcome Outcome(ClientOperation operation)
    {
        switch (operation.Answer?.Status)
        {
            case null: return KvOutcome.Unknown;
            case KvStatus.Ok: return KvOutcome.Done;
            case KvStatus.NotFound or KvStatus.PreconditionFailed: return KvOutcome.Refused;
            default:
                Fail($"{operation}: no such answer was possible");
                return KvOutcome.Unknown;
        }
    }

    private static long Number(ReadOnlyMemory<byte> text) =>
        long.Parse(Encoding.ASCII.GetString(text.Span), CultureInfo.InvariantCulture);
}
