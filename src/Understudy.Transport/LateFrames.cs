namespace Understudy.Transport;

/// <summary>
/// Messages of one connection that others may overtake, in the order in which they came, not encoded yet. What is too
/// much, or waits already under the same name, is dropped.
/// </summary>
/// <param name="maxBytes">How much may wait, in bytes.</param>
internal sealed class LateFrames(int maxBytes)
{
    private readonly Queue<(object Name, int Bytes, Func<string?> Encode)> _waiting = [];
    private readonly HashSet<object> _names = [];
    private long _bytes;

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>About how many bytes the one that has waited longest has.</summary>
    public int FirstBytes => _waiting.Peek().Bytes;

    /// <param name="name">What the message is named.</param>
    /// <param name="bytes">About how many bytes it has.</param>
    /// <param name="encode">Has its frame written; gives why that cannot be, or null.</param>
    public void Add(object name, int bytes, Func<string?> encode)
    {
        if (_bytes + bytes > maxBytes || !_names.Add(name)) return;
        _bytes += bytes;
        _waiting.Enqueue((name, bytes, encode));
    }

    /// <summary>Writes the frame of the one that has waited longest.</summary>
    /// <returns>Why that cannot be, or null.</returns>
    public string? Encode()
    {
        var (name, bytes, encode) = _waiting.Dequeue();
        _names.Remove(name);
        _bytes -= bytes;
        return encode();
    }
}
