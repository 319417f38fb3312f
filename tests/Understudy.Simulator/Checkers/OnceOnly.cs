using System.Globalization;
using System.Text;
using Understudy.Kv;
using Understudy.Simulator.Clients;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A request takes effect at most once: no two increments were told the same value, and a counter ends between the
/// acknowledged increments and those and the ones of unknown outcome.
/// </summary>
internal sealed class OnceOnly(LostServices losses) : Checker
{
    public override void OnEnd(IReadOnlyList<ClientOperation> history)
    {
        foreach (var group in history.Where(o => o.Request.Key == OperationDraw.CounterKey).GroupBy(o => o.Service))
        {
            if (!losses.IsLost(group.Key)) CheckCounter([.. group]);
        }
    }

    private void CheckCounter(List<ClientOperation> operations)
    {
        HashSet<long> values = [];
        var unknown = 0;
        foreach (var operation in operations.Where(o => o.Request is KvRequest.Increment))
        {
            if (operation.Outcome == OperationOutcome.Unknown) unknown++;
            if (operation.Answer is not { Status: KvStatus.Ok } answer) continue;
            if (!values.Add(Number(answer))) Fail($"{operation}: another increment was told {Number(answer)} too");
        }

        var last = operations.Where(o => o.Answer is { Status: KvStatus.Ok }).MaxBy(o => o.CalledAt);
        if (last?.Request is not KvRequest.Get || last.Answer is not { } read) return;
        var count = Number(read);
        if (count < values.Count) Fail($"the counter of {last.Service} is {count} after {values.Count} increments");
        if (count <= values.Count + unknown) return;
        Fail($"the counter of {last.Service} is {count} after {values.Count} increments and {unknown} unknown ones");
    }

    private static long Number(KvAnswer answer) =>
        long.Parse(Encoding.ASCII.GetString(answer.Value.Span), CultureInfo.InvariantCulture);
}
