using System.Globalization;
using System.Text;
using Understudy.Kv;
using Understudy.Simulator.Clients;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A request takes effect at most once: no two increments were told the same value, and a counter ends between the
/// acknowledged increments and those and the ones of unknown outcome.
/// </summary>
internal sealed class OnceOnly(Activations activations, LostServices losses) : Checker
{
    public override void OnEnd(IReadOnlyList<ClientOperation> history)
    {
        foreach (var lineage in LineageHistory.Of(history, activations, losses)) CheckCounter(lineage);
    }

    private void CheckCounter(LineageHistory lineage)
    {
        HashSet<long> values = [];
        var answered = lineage.Answered.Where(IsOfCounter).ToList();
        var unknown = lineage.Unknown.Count(o => IsOfCounter(o) && o.Request is KvRequest.Increment);
        foreach (var operation in answered.Where(o => o.Request is KvRequest.Increment))
        {
            if (operation.Answer is not { Status: KvStatus.Ok } answer) continue;
            if (!values.Add(Number(answer))) Fail($"{operation}: another increment was told {Number(answer)} too");
        }

        // Only of the present lineage the keys were read back at the end.
        var last = answered.Where(o => o.Answer is { Status: KvStatus.Ok }).MaxBy(o => o.CalledAt);
        if (!lineage.IsLast || last?.Request is not KvRequest.Get || last.Answer is not { } read) return;
        var count = Number(read);
        if (count < values.Count) Fail($"the counter of {last.Service} is {count} after {values.Count} increments");
        if (count <= values.Count + unknown) return;
        Fail($"the counter of {last.Service} is {count} after {values.Count} increments and {unknown} unknown ones");
    }

    private static bool IsOfCounter(ClientOperation operation) => operation.Request.Key == OperationDraw.CounterKey;

    private static long Number(KvAnswer answer) =>
        long.Parse(Encoding.ASCII.GetString(answer.Value.Span), CultureInfo.InvariantCulture);
}
