using System.Runtime.InteropServices;

namespace Understudy.Verification;

/// <summary>
/// The places a search has been at: which operations were in the order, and what the key was then. One flat array, kept
/// from key to key, so that remembering a place allocates nothing once it has grown.
/// </summary>
internal sealed class SearchMemo
{
    /// <summary>What a register takes, in words: its value, its version, its two flags.</summary>
    private const int RegisterWords = 3;

    private ulong[] _places = [];
    private int[] _slots = [];
    private int _width;
    private int _count;

    /// <summary>Forgets everything; a set of operations will take this many words from now on.</summary>
    public void Clear(int setWords)
    {
        _width = setWords + RegisterWords;
        _count = 0;
        if (_slots.Length == 0) _slots = new int[64];
        else Array.Clear(_slots);
    }

    /// <summary>False if the search has been there.</summary>
    public bool Add(ReadOnlySpan<ulong> set, in KvRegister register)
    {
        if (_count * 2 >= _slots.Length) Grow();
        var start = _count * _width;
        if (start + _width > _places.Length) Array.Resize(ref _places, Math.Max(256, 2 * (start + _width)));

        var place = _places.AsSpan(start, _width);
        set.CopyTo(place);
        place[^3] = unchecked((ulong)register.Value);
        place[^2] = unchecked((ulong)register.Version);
        place[^1] = (register.Exists ? 1UL : 0UL) | (register.IsVersionKnown ? 2UL : 0UL);

        var slot = SlotOf(place);
        if (_slots[slot] != 0) return false;

        _slots[slot] = ++_count;
        return true;
    }

    // The slot that holds an equal place, or the empty one where it belongs.
    private int SlotOf(ReadOnlySpan<ulong> place)
    {
        var mask = _slots.Length - 1;
        var slot = HashOf(place) & mask;
        while (_slots[slot] != 0 && !place.SequenceEqual(Place(_slots[slot] - 1))) slot = (slot + 1) & mask;
        return slot;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (var i = 0; i < _count; i++) _slots[SlotOf(Place(i))] = i + 1;
    }

    private ReadOnlySpan<ulong> Place(int index) => _places.AsSpan(index * _width, _width);

    private static int HashOf(ReadOnlySpan<ulong> place) =>
        (int)(System.IO.Hashing.XxHash3.HashToUInt64(MemoryMarshal.AsBytes(place)) & int.MaxValue);
}
