using System.Text;

namespace Understudy.Simulator;

/// <summary>
/// FNV-1a over everything that happened, so that two runs of a seed can be compared, in two processes too.
/// </summary>
internal sealed class HistoryHash
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    private readonly Dictionary<Type, ulong> _typeNumbers = [];

    public ulong Value { get; private set; } = Offset;

    public static ulong Of(string text)
    {
        var hash = Offset;
        foreach (var b in Encoding.UTF8.GetBytes(text)) hash = (hash ^ b) * Prime;
        return hash;
    }

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Offset;
        foreach (var b in bytes) hash = (hash ^ b) * Prime;
        return hash;
    }

    public void Add(ulong value) => Value = (Value ^ value ^ (value >> 32)) * Prime;

    public void Add(long at, EventKind kind, int node, int other) =>
        Add((ulong)at ^ ((ulong)kind << 56) ^ ((ulong)(node + 1) << 48) ^ ((ulong)(other + 1) << 40));

    /// <summary>Adds a type by its name: its hash code differs between processes.</summary>
    public void Add(Type type)
    {
        if (!_typeNumbers.TryGetValue(type, out var number))
        {
            number = Of(type.FullName ?? type.Name);
            _typeNumbers.Add(type, number);
        }

        Add(number);
    }
}
