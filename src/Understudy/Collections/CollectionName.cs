using System.Buffers;
using System.Text;

namespace Understudy;

/// <summary>What a collection may be called: 1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.'.</summary>
internal static class CollectionName
{
    public const int MaxLength = 64;

    private static readonly SearchValues<byte> _allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."u8);

    public static bool IsValid(ReadOnlySpan<byte> name) =>
        name.Length is >= 1 and <= MaxLength && !name.ContainsAnyExcept(_allowed);

    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    public static void Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!IsValid(Encoding.UTF8.GetBytes(name)))
            throw new ArgumentException(
                $"A collection cannot be called '{name}': use 1 to {MaxLength} of a-z, A-Z, 0-9, '-', '_' and '.'.",
                nameof(name));
    }
}
