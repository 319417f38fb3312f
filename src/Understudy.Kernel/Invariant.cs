using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

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

    /// <summary>The same, with a message that is made only when it is needed.</summary>
    /// <param name="condition">What must hold; one fact to an assertion.</param>
    /// <param name="message">The invariant's name and what was broken.</param>
    public static void Holds(
        [DoesNotReturnIf(false)] bool condition,
        [InterpolatedStringHandlerArgument(nameof(condition))] ref Breach message)
    {
        if (!condition) throw new InvariantViolationException(message.ToString());
    }

    /// <summary>What was broken, in words; nothing is put into them while the condition holds.</summary>
    [InterpolatedStringHandler]
    public ref struct Breach
    {
        private DefaultInterpolatedStringHandler _text;

        /// <param name="literalLength">How many characters are fixed.</param>
        /// <param name="formattedCount">How many values are put in.</param>
        /// <param name="condition">What must hold.</param>
        /// <param name="isNeeded">Whether it does not.</param>
        public Breach(int literalLength, int formattedCount, bool condition, out bool isNeeded)
        {
            isNeeded = !condition;
            _text = isNeeded ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
        }

        /// <summary>Adds what is fixed.</summary>
        public void AppendLiteral(string value) => _text.AppendLiteral(value);

        /// <summary>Adds a value.</summary>
        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        /// <summary>Adds a value in a format.</summary>
        public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

        /// <summary>The words.</summary>
        public override readonly string ToString() => _text.ToString();
    }
}
