namespace Understudy.Tests.Web;

/// <summary>A service whose state is a counter and what was noted, for an application's endpoints.</summary>
public sealed class Ledger : ReplicatedStateService
{
    private readonly ReplicatedCounter _count;
    private readonly ReplicatedDictionary<long, string> _notes;

    public Ledger()
        : base(new ReplicatedState())
    {
        _count = State.Counter("count");
        _notes = State.Dictionary<long, string>("notes");
    }

    /// <summary>Adds a note, in one transaction.</summary>
    public ValueTask<long> AddAsync(string note) => State.TransactionAsync(tx =>
    {
        var number = _count.Increment(tx);
        _notes.Set(tx, number, note);
        return number;
    });

    /// <summary>How many there are, and the last one.</summary>
    public ValueTask<string> ReadAsync() => State.ReadAsync(Read);

    private string Read(ReplicatedReader reader)
    {
        var count = _count.Get(reader);
        return count == 0 ? "0" : $"{count} {_notes.Get(reader, count)}";
    }
}
