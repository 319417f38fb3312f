using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>A message on its way.</summary>
internal sealed record Delivery(MemberId From, MemberId To, ReplicationMessage Message);

/// <summary>
/// Runs replicas of one service against each other in one thread. Messages arrive in order and disks flush when the
/// network is quiet; or, with a generator, everything comes in any order, twice or not at all.
/// </summary>
internal sealed class ReplicaPump
{
    private readonly SortedDictionary<MemberId, Site> _sites = [];
    private readonly List<Delivery> _network = [];

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(1);

    public List<(MemberId Node, ReplicaEffect Effect)> Effects { get; } = [];

    public Profile Profile { get; init; } = Profile.Lan;

    public Func<Delivery, bool> Loses { get; set; } = _ => false;

    public SeededRandom? Chaos { get; set; }

    /// <summary>Every checkpoint that any replica knew to be committed.</summary>
    public SortedDictionary<long, LogEntry> Committed { get; } = [];

    public Replica Add(int node, StoredReplica? stored = null, bool isDurable = true)
    {
        var replica = new Replica(
            Cast.Service, Cast.Id(node), isDurable, new OnceOnlyState(new Letters()), stored,
            Profile, Mutation.None);
        _sites[Cast.Id(node)] = new Site(replica, new Journal(stored));
        return replica;
    }

    public Replica On(int node) => _sites[Cast.Id(node)].Replica;

    public string LettersOn(int node) => ((Letters)On(node).State.Inner).All;

    public ImmutableArray<LogEntry> JournalOn(int node) => _sites[Cast.Id(node)].Journal.Entries;

    /// <summary>The letters of the answers that were given for a request's number.</summary>
    public List<string> AnswersTo(long number) =>
        [.. Asked<ReplicaEffect.Answer>().Where(a => a.Id.Number == number).Select(a => Cast.Text(a.Body))];

    public List<T> Asked<T>()
        where T : ReplicaEffect => [.. Effects.Select(e => e.Effect).OfType<T>()];

    public List<T> Said<T>(int? by = null)
        where T : ReplicationMessage =>
        [
            .. Effects.Where(e => by is null || e.Node == Cast.Id(by.Value)).Select(e => e.Effect)
                .OfType<ReplicaEffect.Send>().Select(s => s.Message).OfType<T>(),
        ];

    /// <summary>A turn of one replica; what it sends is on its way, or waits for its disk.</summary>
    public void Turn(int node, Action<Replica> act) => Turn(Cast.Id(node), act);

    /// <summary>The first leads a version with these in sync; the others stand.</summary>
    public void Lead(long version, params int[] inSync)
    {
        foreach (var node in inSync.Skip(1)) Turn(node, r => r.Stand(Cast.Version(version)));
        Turn(inSync[0], r => r.Lead(Cast.Version(version), Cast.Providers([.. inSync.Order()])));
    }

    public void Say(int from, int to, ReplicationMessage message) =>
        Receive(new Delivery(Cast.Id(from), Cast.Id(to), message));

    public void Deliver()
    {
        while (true)
        {
            while (_network.Count > 0)
            {
                var next = _network[0];
                _network.RemoveAt(0);
                Receive(next);
            }

            foreach (var site in _sites.Values) Flush(site);
            if (_network.Count == 0) return;
        }
    }

    /// <summary>Some of what can happen next happens: a message, twice perhaps, or a flush.</summary>
    public void Happen(int times)
    {
        for (var i = 0; i < times; i++)
        {
            if (Chaos!.Chance(0.2)) Flush(_sites.Values.ElementAt(Chaos.Below(_sites.Count)));
            if (_network.Count == 0) continue;
            var index = Chaos.Below(Math.Min(4, _network.Count));
            var next = _network[index];
            if (!Chaos.Chance(0.15)) _network.RemoveAt(index);
            if (!Chaos.Chance(0.15)) Receive(next);
        }
    }

    public void Tick(TimeSpan time)
    {
        Now += time;
        foreach (var id in _sites.Keys) Turn(id, r => r.Tick());
        if (Chaos is null) Deliver();
    }

    private void Turn(MemberId node, Action<Replica> act)
    {
        if (!_sites.TryGetValue(node, out var site)) return;
        List<ReplicaEffect> effects = [];
        site.Replica.Begin(Now, effects);
        act(site.Replica);
        while (site.Replica.IsBatchOpen) site.Replica.EndBatch();
        foreach (var effect in effects)
        {
            Effects.Add((node, effect));
            switch (effect)
            {
                case ReplicaEffect.Write write: site.Journal.Write(write.Writes, site.Replica.Committed); break;
                case ReplicaEffect.Send send:
                    var sent = new Delivery(node, send.To, send.Message);
                    if (send.IsDurable && site.Journal.IsWaiting) site.Held.Add(sent);
                    else Send(sent);
                    break;
                default: break;
            }
        }

        Note(site);
    }

    /// <summary>NothingLost: what one replica knew to be committed, all know the same.</summary>
    private void Note(Site site)
    {
        var entries = site.Journal.Written;
        foreach (var entry in entries.Where(e => e.Sequence <= site.Replica.Committed))
        {
            if (!Committed.TryAdd(entry.Sequence, entry))
            {
                entry.Version.ShouldBe(Committed[entry.Sequence].Version);
                entry.Payload.ToArray().ShouldBe(Committed[entry.Sequence].Payload.ToArray());
            }
        }
    }

    private void Send(Delivery sent)
    {
        if (sent.From == sent.To) Receive(sent); // What a node says to itself crosses no network.
        else if (!Loses(sent)) _network.Add(sent);
    }

    private void Flush(Site site)
    {
        site.Journal.Flush();
        Delivery[] released = [.. site.Held];
        site.Held.Clear();
        foreach (var held in released) Send(held);
    }

    private void Receive(Delivery next) => Turn(next.To, r =>
    {
        switch (next.Message)
        {
            case ReplicationMessage.Append m: r.OnAppend(next.From, m, adoptsNewer: true); break;
            case ReplicationMessage.Appended m: r.OnAppended(next.From, m); break;
            case ReplicationMessage.SnapshotPart m: r.OnSnapshotPart(next.From, m, adoptsNewer: true); break;
            case ReplicationMessage.SnapshotReceived m: r.OnSnapshotReceived(next.From, m); break;
            default: throw new InvalidOperationException($"A replica does not say {next.Message}.");
        }
    });

    private sealed record Site(Replica Replica, Journal Journal)
    {
        public List<Delivery> Held { get; } = [];
    }

    /// <summary>The service's journal: what was written, and what of it is on disk.</summary>
    private sealed class Journal(StoredReplica? stored)
    {
        public List<LogEntry> Written { get; } = [.. stored?.Entries ?? []];

        public ImmutableArray<LogEntry> Entries => [.. Written];

        public bool IsWaiting { get; private set; }

        public void Write(ImmutableArray<StoreWrite> writes, long committed)
        {
            IsWaiting = true;
            foreach (var write in writes)
            {
                switch (write)
                {
                    case StoreWrite.AppendEntries append: Written.AddRange(append.Entries); break;
                    case StoreWrite.TruncateAfter cut:
                        cut.Sequence.ShouldBeGreaterThanOrEqualTo(committed, "committed entries are never truncated");
                        Written.RemoveAll(e => e.Sequence > cut.Sequence);
                        break;
                    case StoreWrite.PutSnapshot put:
                        Written.RemoveAll(e => e.Sequence <= put.Snapshot.Sequence);
                        break;
                    default: Written.Clear(); break;
                }
            }
        }

        public void Flush() => IsWaiting = false;
    }
}
