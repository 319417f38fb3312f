using System.Diagnostics;

namespace Understudy.Verification;

/// <summary>
/// The model: one key of a store that does one operation at a time. Versions are opaque but grow with each change of
/// the key. The version given by a write whose answer nobody saw is not known until somebody reads it.
/// </summary>
/// <param name="Exists">Whether there is such a key.</param>
/// <param name="Value">Its value; 0 if there is none.</param>
/// <param name="Version">Its version, or the greatest version known to be before it.</param>
/// <param name="IsVersionKnown">Which of the two <paramref name="Version"/> is.</param>
public readonly record struct KvRegister(bool Exists, long Value, long Version, bool IsVersionKnown)
{
    /// <summary>
    /// Whether the operation, taking effect now, may have had the outcome that its client saw. One with an unknown
    /// outcome is asked about only as one that does take effect: if it does not, it is left out of the order.
    /// </summary>
    /// <param name="operation">An operation on this key.</param>
    /// <param name="next">The key after it.</param>
    public bool Allows(in KvOperation operation, out KvRegister next)
    {
        next = this;
        var refused = operation.Outcome == KvOutcome.Refused;
        return operation.Kind switch
        {
            KvOperationKind.Get => refused ? !Exists : operation.IsUnknown || Reads(operation, out next),
            KvOperationKind.Put => !refused && Sets(operation, operation.Argument, out next),
            KvOperationKind.Delete => refused ? !Exists : Exists && Removes(out next),
            KvOperationKind.Increment => !refused && Increments(operation, out next),
            KvOperationKind.CompareAndSet => refused
                ? !MustMatch(operation.Expected)
                : MayMatch(operation.Expected)
                    && (this with { Version = Math.Max(Version, operation.Expected) })
                        .Sets(operation, operation.Argument, out next),
            _ => throw new UnreachableException($"Unknown kind {operation.Kind}."),
        };
    }

    private bool Reads(in KvOperation operation, out KvRegister next)
    {
        next = this;
        if (!Exists || operation.Value != Value) return false;
        if (operation.Version == 0) return true;
        if (IsVersionKnown) return operation.Version == Version;

        next = this with { Version = operation.Version, IsVersionKnown = true };
        return operation.Version > Version;
    }

    private bool Sets(in KvOperation operation, long value, out KvRegister next)
    {
        var isTold = !operation.IsUnknown && operation.Version != 0;
        next = new KvRegister(Exists: true, value, isTold ? operation.Version : Version, isTold);
        return !isTold || operation.Version > Version;
    }

    private bool Increments(in KvOperation operation, out KvRegister next)
    {
        var value = unchecked(Value + operation.Argument);
        return Sets(operation, value, out next) && (operation.IsUnknown || operation.Value == value);
    }

    private bool Removes(out KvRegister next)
    {
        next = new KvRegister(Exists: false, Value: 0, Version, IsVersionKnown: false);
        return true;
    }

    private bool MayMatch(long expected)
    {
        if (expected == 0) return !Exists;
        return Exists && (IsVersionKnown ? expected == Version : expected > Version);
    }

    private bool MustMatch(long expected)
    {
        if (expected == 0) return !Exists;
        return Exists && IsVersionKnown && expected == Version;
    }
}
