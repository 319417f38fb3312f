namespace Understudy.Testing;

/// <summary>
/// A test in a cluster has failed. The message is that of what it threw, then the seed and how to repeat it, how the
/// nodes stood, and what happened last.
/// </summary>
public sealed class UnderstudyTestException : Exception
{
    /// <summary>Of no test.</summary>
    public UnderstudyTestException()
    {
    }

    /// <summary>With a message of its own.</summary>
    public UnderstudyTestException(string message)
        : base(message)
    {
    }

    /// <summary>With a message of its own, because of another exception.</summary>
    public UnderstudyTestException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The seed: the same one gives the same history.</summary>
    public ulong Seed { get; init; }
}
