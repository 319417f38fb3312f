using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Counts the failures of a service's code, node by node (decision 0028). Arithmetic only: what follows from the
/// counts is the planner's.
/// </summary>
internal static class FailureBudget
{
    /// <summary>The most services whose errors are kept in words: an order to a node has a limit.</summary>
    public const int MostErrors = 32;

    /// <summary>Counts what a node told of; the same entry if it was told before.</summary>
    public static ServiceEntry Count(ServiceEntry entry, MemberId member, long number, string error, TimeSpan elapsed)
    {
        var known = entry.Failures.FirstOrDefault(f => f.Member.Node == member.Node);
        var told = known?.Member == member ? known.Number : 0;
        if (number <= told) return entry;
        var isOpen = known is { Count: > 0 } && !IsOver(entry, known, elapsed);
        var counted = (isOpen ? known!.Count : 0) + Math.Min(number - told, ServiceDefinition.MostRestarts);
        var next = new ProviderFailures(
            member,
            number,
            (int)Math.Min(counted, ServiceDefinition.MostRestarts + 1),
            isOpen ? known!.Since : elapsed);
        var others = entry.Failures.Where(f => f.Member.Node != member.Node);
        return entry with { Failures = [.. others.Append(next).OrderBy(f => f.Member)], LastError = error };
    }

    /// <summary>What is older than the window does not count; who told is remembered while it is a member.</summary>
    public static ServiceEntry Expire(ServiceEntry entry, Func<MemberId, bool> isMember, TimeSpan elapsed)
    {
        if (!entry.Failures.Any(f => f.Count > 0 && IsOver(entry, f, elapsed))) return entry;
        return Without(entry, f => IsOver(entry, f, elapsed), isMember);
    }

    /// <summary>An operator has seen to it: nothing counts any more.</summary>
    public static ServiceEntry Forgive(ServiceEntry entry) => Without(entry, _ => true, _ => true);

    private static ServiceEntry Without(
        ServiceEntry entry, Func<ProviderFailures, bool> isOver, Func<MemberId, bool> isMember)
    {
        var left = entry.Failures.Where(f => !isOver(f) || isMember(f.Member))
            .Select(f => isOver(f) ? f with { Count = 0 } : f).ToList();
        return entry with
        {
            Failures = [.. left],
            LastError = left.Exists(f => f.Count > 0) ? entry.LastError : "",
        };
    }

    private static bool IsOver(ServiceEntry entry, ProviderFailures failures, TimeSpan elapsed) =>
        elapsed - failures.Since > entry.Definition.RestartWindow;
}
