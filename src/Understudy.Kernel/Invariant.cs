using System.Diagnostics.CodeAnalysis;

namespace Understudy.Kernel;

/// <summary>A promise of the design was broken. Never caught: the process ends and a peer takes over.</summary>
public sealed class InvariantViolationException(string message) : Exception(message);

/// <summary>Asserts what must always hold. Always on; a breach ends the process.</summary>
public static class Invariant
{
    /// <summary>Throws <see cref="InvariantViolationException"/> unless <paramref name="condition"/> holds.</summary>
    /// <param name="condition">What must hold; one fact to an assertion.</param>
    /// <param name="message">The invariant's name and what was broken.</param>
    public static void Holds([DoesNotReturnIf(false)] bool condition, string message)
    {
        if (!condition) throw new InvariantViolationException(message);
    }
}
