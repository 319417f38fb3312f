namespace Understudy;

/// <summary>The values of a <see cref="ReplicatedQueue{T}"/>, while they are being read.</summary>
/// <example>
/// <code>
/// foreach (var number in shipments.Items(reader)) total += orders.Get(reader, number).Amount;
/// </code>
/// </example>
public ref struct QueueItems<T>
{
    private readonly Deque<T> _values;
    private int _next;

    internal QueueItems(Deque<T> values) => _values = values;

    /// <summary>The value that <see cref="MoveNext"/> went to; for <c>foreach</c>.</summary>
    public readonly T Current => _values[_next - 1];

    /// <summary>For <c>foreach</c>.</summary>
    public readonly QueueItems<T> GetEnumerator() => new(_values);

    /// <summary>For <c>foreach</c>.</summary>
    public bool MoveNext() => _next++ < _values.Count;

    /// <summary>A copy, which may be kept.</summary>
    /// <example><code>var all = state.ReadLocal(reader => shipments.Items(reader).ToArray());</code></example>
    public readonly T[] ToArray() => _values.ToArray();
}
