using System.Globalization;
using System.Text;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Replication.Protocol;
using Understudy.Simulator.Clients;
using Understudy.Verification;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// What the clients saw could have been seen by clients of one store that does one operation at a time.
/// </summary>
internal sealed class Linearizability(Activations activations, LostServices losses) : Checker
{
    public int HistoriesChecked { get; private set; }

    /// <summary>Whether no lineage that clients asked is promised anything: then there is nothing to judge.</summary>
    public bool IsNothingPromised { get; private set; }

    public override void OnEnd(IReadOnlyList<ClientOperation> history)
    {
        List<KvOperation> operations = [];
        IsNothingPromised = true;
        foreach (var lineage in LineageHistory.Of(history, activations, losses))
        {
            IsNothingPromised = false;
            operations.AddRange(lineage.Answered.Select(o => Translate(o, lineage.Lineage, isAnswered: true)));
            operations.AddRange(lineage.Unknown.Select(o => Translate(o, lineage.Lineage, isAnswered: false)));
        }

        var result = LinearizabilityChecker.Check(operations);
        HistoriesChecked = operations.DistinctBy(o => o.Key).Count();
        if (result.Verdict == Verdict.Linearizable) return;
        Fail(Describe(result, operations));
    }

    private static string Describe(LinearizabilityResult result, List<KvOperation> operations)
    {
        if (result.Verdict == Verdict.Undecided)
        {
            var mine = operations.Where(o => o.Key == result.Key).ToList();
            return $"{result.Key} was not decided in {LinearizabilityChecker.DefaultSteps} steps of the search: it has "
                + $"{mine.Count} operations, {mine.Count(o => o.IsUnknown)} of them of unknown outcome";
        }

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

    private KvOperation Translate(ClientOperation operation, Lineage lineage, bool isAnswered)
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
        var told = isAnswered ? operation.Answer : null;
        var hasValue = operation.Request is KvRequest.Get or KvRequest.Increment && told is { Status: KvStatus.Ok };
        return new KvOperation
        {
            Key = $"{ServiceStream.Of(operation.Service, lineage)}/{operation.Request.Key}",
            Kind = kind,
            CalledAt = operation.CalledAt,
            ReturnedAt = isAnswered ? operation.ReturnedAt : long.MaxValue,
            Outcome = Outcome(operation, told),
            Argument = argument,
            Expected = expected,
            Value = hasValue ? Number(told!.Value) : 0,
            Version = told is { Status: KvStatus.Ok } answer ? answer.Version : 0,
        };
    }

    private KvOutcome Outcome(ClientOperation operation, KvAnswer? told)
    {
        switch (told?.Status)
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
