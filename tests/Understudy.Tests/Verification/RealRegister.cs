using Understudy.Verification;

namespace Understudy.Tests.Verification;

/// <summary>Clients of a store that keeps its promises, seen through a network that loses some answers.</summary>
internal static class RealRegister
{
    private const int Clients = 5;

    public static List<KvOperation> Run(int seed, int operations, double lost)
    {
        var random = new Random(seed);
        var freeAt = new long[Clients];
        List<(long Acts, long Called, long Returned)> plan = [];
        for (var i = 0; i < operations; i++)
        {
            var client = random.Next(Clients);
            var called = freeAt[client] + random.Next(50);
            var acts = called + random.Next(100);
            var returned = acts + random.Next(100);
            freeAt[client] = returned + 1;
            plan.Add((acts, called, returned));
        }

        var keys = new Dictionary<string, (long Value, long Version)>();
        var revision = 0L;
        List<KvOperation> history = [];
        foreach (var (_, called, returned) in plan.OrderBy(operation => operation.Acts))
        {
            var operation = new KvOperation
            {
                Key = random.Next(2) == 0 ? "a" : "b",
                Kind = (KvOperationKind)random.Next(5),
                CalledAt = called,
                ReturnedAt = returned,
                Outcome = KvOutcome.Done,
                Argument = random.Next(5),
            };
            var isLost = random.NextDouble() < lost;
            if (!isLost || random.Next(2) == 0) operation = Act(keys, operation, random, ref revision);
            history.Add(isLost ? operation with { Outcome = KvOutcome.Unknown } : operation);
        }

        return history;
    }

    private static KvOperation Act(
        Dictionary<string, (long Value, long Version)> keys, KvOperation operation, Random random, ref long revision)
    {
        var exists = keys.TryGetValue(operation.Key, out var found);
        switch (operation.Kind)
        {
            case KvOperationKind.Get:
                return exists
                    ? operation with { Value = found.Value, Version = found.Version }
                    : operation with { Outcome = KvOutcome.Refused };
            case KvOperationKind.Delete:
                keys.Remove(operation.Key);
                return exists ? operation : operation with { Outcome = KvOutcome.Refused };
            case KvOperationKind.CompareAndSet:
                var current = exists ? found.Version : 0;
                var expected = random.Next(2) == 0 ? current : Math.Max(0, current - 1);
                operation = operation with { Expected = expected };
                if (expected != current) return operation with { Outcome = KvOutcome.Refused };
                break;
            case KvOperationKind.Increment:
                operation = operation with { Value = found.Value + operation.Argument };
                break;
        }

        var value = operation.Kind == KvOperationKind.Increment ? operation.Value : operation.Argument;
        keys[operation.Key] = (value, ++revision);
        return operation with { Version = revision };
    }
}
