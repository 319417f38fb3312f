namespace Understudy.Verification;

/// <summary>What a client did to one key of <c>kv</c>, when, and what it was told. Values are numbers.</summary>
public readonly record struct KvOperation
{
    /// <summary>The time of return of an operation whose outcome is unknown.</summary>
    public const long Never = long.MaxValue;

    /// <summary>The key it was about.</summary>
    public required string Key { get; init; }

    /// <summary>What was asked.</summary>
    public required KvOperationKind Kind { get; init; }

    /// <summary>When it was sent, on a clock that all operations of the history share; any unit.</summary>
    public required long CalledAt { get; init; }

    /// <summary>When the answer came; ignored when the outcome is unknown.</summary>
    public required long ReturnedAt { get; init; }

    /// <summary>What the client learned.</summary>
    public required KvOutcome Outcome { get; init; }

    /// <summary>The value to put, or the number to add. Not used by a read or a removal.</summary>
    public long Argument { get; init; }

    /// <summary>The version that a compare-and-set expects; 0 for "no such key".</summary>
    public long Expected { get; init; }

    /// <summary>The value that was read or made by an increment; not used otherwise.</summary>
    public long Value { get; init; }

    /// <summary>The key's version that the answer named; 0 if it named none.</summary>
    public long Version { get; init; }

    internal bool IsUnknown => Outcome == KvOutcome.Unknown;

    public override string ToString() =>
        $"{Kind} {Key} argument {Argument} expected {Expected}: {Outcome} value {Value} version {Version}"
        + $" [{CalledAt}, {(IsUnknown ? "never" : ReturnedAt)}]";
}

/// <summary>The operations of the model.</summary>
public enum KvOperationKind
{
    /// <summary>Reads the value. Done: it is <see cref="KvOperation.Value"/>; refused: there is no such key.</summary>
    Get,

    /// <summary>Sets the value to <see cref="KvOperation.Argument"/>.</summary>
    Put,

    /// <summary>Removes the key. Refused: there is no such key.</summary>
    Delete,

    /// <summary>Adds the argument to the value; an absent key counts as 0.</summary>
    Increment,

    /// <summary>Sets the value if the key has the expected version, or is absent. Refused: it has another.</summary>
    CompareAndSet,
}

/// <summary>What a client learned of its operation.</summary>
public enum KvOutcome
{
    /// <summary>No answer, or one that leaves it open: it may take effect any time after the call, or never.</summary>
    Unknown,

    /// <summary>It took effect.</summary>
    Done,

    /// <summary>It was answered with "no such key" or "another version": nothing changed.</summary>
    Refused,
}
