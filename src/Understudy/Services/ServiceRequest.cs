namespace Understudy;

/// <summary>A client's request, as a gateway gives it to a service's primary.</summary>
/// <param name="Body">The service's own format.</param>
/// <param name="IsRead">Whether it may change nothing.</param>
/// <param name="IdempotencyKey">The client's own name of the request, or null.</param>
public readonly record struct ServiceRequest(ReadOnlyMemory<byte> Body, bool IsRead, string? IdempotencyKey);
