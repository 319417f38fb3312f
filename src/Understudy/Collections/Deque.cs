using System.Diagnostics;

namespace Understudy;

/// <summary>A row of values that grows and shrinks at both ends.</summary>
internal sealed class Deque<T>
{
    private T[] _places = [];
    private int _first;

    public int Count { get; private set; }

    public T this[int index] => _places[Place(index)];

    public void AddLast(T value)
    {
        Grow();
        Count++;
        _places[Place(Count - 1)] = value;
    }

    public void AddFirst(T value)
    {
        Grow();
        _first = Place(_places.Length - 1);
        Count++;
        _places[_first] = value;
    }

    public T RemoveFirst()
    {
        var value = Clear(_first);
        _first = Place(1);
        Count--;
        return value;
    }

    public T RemoveLast()
    {
        var value = Clear(Place(Count - 1));
        Count--;
        return value;
    }

    public T[] ToArray()
    {
        var values = new T[Count];
        var untilEnd = Math.Min(Count, _places.Length - _first);
        Array.Copy(_places, _first, values, 0, untilEnd);
        Array.Copy(_places, 0, values, untilEnd, Count - untilEnd);
        return values;
    }

    // The number of places is a power of two.
    private int Place(int index) => (_first + index) & (_places.Length - 1);

    private T Clear(int place)
    {
        Debug.Assert(Count > 0, "The caller has looked whether there is one.");
        var value = _places[place];
        _places[place] = default!;
        return value;
    }

    private void Grow()
    {
        if (Count < _places.Length) return;
        var places = new T[Math.Max(4, _places.Length * 2)];
        ToArray().CopyTo(places, 0);
        (_places, _first) = (places, 0);
    }
}
