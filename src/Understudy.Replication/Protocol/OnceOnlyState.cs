using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>A state that is executed within the node's loop, together with the requests it has answered.</summary>
public sealed class OnceOnlyState(IReplicatedState inner)
{
    private readonly OnceOnlyTable _table = new();

    /// <summary>The service's own state.</summary>
    public IReplicatedState Inner => inner;

    /// <summary>A hash of everything: equal at equal checkpoint numbers on every provider.</summary>
    public ulong Digest
    {
        get
        {
            var hash = 14695981039346656037;
            foreach (var b in Save().Span) hash = (hash ^ b) * 1099511628211;
            return hash;
        }
    }

    public OnceOnlyVerdict Find(ReplicationMessage.Request request, out ReadOnlyMemory<byte> answer) =>
        _table.Find(request, out answer);

    /// <summary>This provider is primary from now on.</summary>
    public void BeginReign() => _table.BeginReign();

    /// <summary>Executes a write; the checkpoint holds its effect and its answer.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="reign">How long this provider has been primary, by its own clock.</param>
    /// <param name="keepFor">How long a key is remembered.</param>
    /// <param name="mutations">Rules that are switched off, in tests.</param>
    public Execution Execute(
        ReplicationMessage.Request request, TimeSpan reign, TimeSpan keepFor, Mutation mutations)
    {
        var execution = inner.Execute(request.Body);
        var isApart = (mutations & Mutation.ReplyApartFromEffect) != 0;
        var stamp = _table.Remember(request, execution.Answer, reign, keepFor);
        return execution with
        {
            Checkpoint = OnceOnlyTable.Encode(
                isApart ? null : request, execution.Answer, execution.Checkpoint, stamp: stamp),
        };
    }

    /// <summary>Executes a request that changes nothing.</summary>
    public ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> body)
    {
        var execution = inner.Execute(body);
        Invariant.Holds(execution.Checkpoint.IsEmpty, "OnceOnly: a request that was called a read changed something");
        return execution.Answer;
    }

    /// <summary>A checkpoint that no client asked for.</summary>
    public static ReadOnlyMemory<byte> Wrap(ReadOnlyMemory<byte> checkpoint) =>
        OnceOnlyTable.Encode(null, default, checkpoint);

    public void Apply(ReadOnlyMemory<byte> checkpoint, long sequence)
    {
        var (effect, _) = _table.Take(checkpoint);
        if (!effect.IsEmpty) inner.Apply(effect, sequence);
    }

    public ReadOnlyMemory<byte> Save()
    {
        var (table, state) = (_table.Save(), inner.Save());
        var all = new byte[table.Length + state.Length];
        table.CopyTo(all);
        state.CopyTo(all.AsMemory(table.Length));
        return all;
    }

    public void Load(ReadOnlyMemory<byte> state) => inner.Load(_table.Load(state));
}
