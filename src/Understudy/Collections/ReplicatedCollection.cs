using System.Text;

namespace Understudy;

/// <summary>
/// One named collection of a <see cref="ReplicatedState"/>. Values must be immutable, or must not be changed after
/// they were handed over and not after they were read: a change of which the state does not know is on no other node.
/// </summary>
public abstract class ReplicatedCollection
{
    private readonly ReplicatedState _state;

    private protected ReplicatedCollection(ReplicatedState state, string name, bool isDeclared)
    {
        _state = state;
        Name = name;
        NameBytes = Encoding.UTF8.GetBytes(name);
        IsDeclared = isDeclared;
    }

    /// <summary>What identifies the collection in checkpoints and snapshots. Never give it to another one.</summary>
    /// <example><code>state.Counter("numbers").Name == "numbers"</code></example>
    public string Name { get; }

    internal byte[] NameBytes { get; }

    /// <summary>Whether this version of the service knows it; else it is kept for one that does.</summary>
    internal bool IsDeclared { get; }

    /// <summary>Its number within the open transaction; 0 if that has not changed it.</summary>
    internal int Reference { get; set; }

    internal abstract CollectionKind Kind { get; }

    internal abstract bool IsEmpty { get; }

    /// <summary>Makes a change that a primary made.</summary>
    internal abstract void Apply(ChangeKind change, ref FieldReader reader);

    /// <summary>Takes back what the open transaction changed.</summary>
    internal abstract void Undo();

    /// <summary>Forgets how to take it back.</summary>
    internal abstract void Keep();

    /// <summary>The contents of this moment, not yet as bytes.</summary>
    internal abstract FrozenCollection Freeze();

    internal abstract CollectionLoad Load();

    /// <summary>Empties it without a transaction: a snapshot knows nothing of it.</summary>
    internal abstract void Reset();

    internal void CheckBelongsTo(ReplicatedState? state)
    {
        if (ReferenceEquals(state, _state)) return;
        throw new InvalidOperationException(state is null
            ? $"'{Name}' was used with a reader or transaction that no state gave out."
            : $"'{Name}' belongs to another ReplicatedState than the one whose reader or transaction was given.");
    }

    private protected StateRefusedException Unknown(ChangeKind change, FieldReader reader) =>
        reader.Refused($"it does {(byte)change} to '{Name}', which a {Kind} does not know");
}
