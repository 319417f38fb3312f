namespace Understudy.Client.Protocol;

/// <summary>Whether a request may be sent again though it may have taken effect.</summary>
internal enum Repetition
{
    /// <summary>It may not.</summary>
    Never,

    /// <summary>It may, as it is.</summary>
    AsItIs,

    /// <summary>It may, with an <c>Idempotency-Key</c> of the client's own.</summary>
    WithNewKey,
}

/// <summary>Decides which requests may be sent again, and which are given a key for it.</summary>
internal static class Repetitions
{
    /// <summary>Which a request is.</summary>
    /// <param name="isSafe">It changes nothing: <c>GET</c>, <c>HEAD</c>, <c>OPTIONS</c>.</param>
    /// <param name="hasKey">It has an <c>Idempotency-Key</c>.</param>
    /// <param name="canBeKept">It has no body, or one that is kept to be sent again.</param>
    /// <param name="addsKeys">Whether the client gives keys.</param>
    public static Repetition Of(bool isSafe, bool hasKey, bool canBeKept, bool addsKeys)
    {
        if (!canBeKept) return Repetition.Never;
        if (isSafe || hasKey) return Repetition.AsItIs;
        return addsKeys ? Repetition.WithNewKey : Repetition.Never;
    }
}
