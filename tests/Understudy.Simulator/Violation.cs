namespace Understudy.Simulator;

/// <summary>A checker found that a promise of the design was broken. Ends the run of the seed.</summary>
internal sealed class ViolationException(string checker, string text) : Exception($"{checker}: {text}")
{
    public string Checker { get; } = checker;

    public string Text { get; } = text;
}

/// <summary>What was broken, when, and what happened just before.</summary>
public sealed record Violation(string Checker, string Text, double AtSeconds, IReadOnlyList<string> Trace);
