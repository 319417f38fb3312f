using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A change without a key whose client was told to try again has no effect, ever: nobody finds it. What nobody can find
/// by its value is not counted as possible by OnceOnly and Linearizability.
/// </summary>
internal sealed class NotMade : Checker
{
    public override void OnAnswer(SimulatedNode gateway, Attempt attempt, Reply reply)
    {
        if (reply.Outcome == ReplyOutcome.Unavailable && !attempt.Operation.MayBeSentAgain)
            attempt.Operation.IsToldNotMade = true;
    }

    public override void OnEnd(IReadOnlyList<ClientOperation> history)
    {
        Dictionary<(ServiceName Service, string Value), ClientOperation> notMade = [];
        foreach (var operation in history)
        {
            if (operation is { IsNotMade: true, Request: KvRequest.Put put })
                notMade.Add((operation.Service, Text(put.Value)), operation);
        }

        foreach (var operation in history)
        {
            if (operation is not { Request: KvRequest.Get, Answer: { Status: KvStatus.Ok } answer }) continue;
            if (operation.Request.Key == OperationDraw.CounterKey) continue;
            if (notMade.TryGetValue((operation.Service, Text(answer.Value)), out var found))
                Fail($"{operation} found {found}, whose client was told that it was not made");
        }
    }

    private static string Text(ReadOnlyMemory<byte> value) => System.Text.Encoding.ASCII.GetString(value.Span);
}
