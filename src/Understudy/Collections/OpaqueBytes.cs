namespace Understudy;

/// <summary>A key or value whose type only another version of the service knows.</summary>
internal readonly struct OpaqueBytes(byte[] bytes) : IEquatable<OpaqueBytes>
{
    public ReadOnlySpan<byte> Span => bytes;

    public bool Equals(OpaqueBytes other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is OpaqueBytes other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }
}
