namespace Understudy.Contracts;

/// <summary>Why a request failed: <c>application/problem+json</c> (RFC 9457).</summary>
public sealed record ProblemDocument
{
    /// <summary>The content type it is served with.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>Names the kind of problem. Default <c>about:blank</c>: the status says it all.</summary>
    public string Type { get; init; } = "about:blank";

    /// <summary>The kind of problem in a few words.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What happened this time and what to do.</summary>
    public string? Detail { get; init; }
}
