using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Selection.Protocol;

namespace Understudy.Selection.Tests.Protocol;

/// <summary>A message that was sent.</summary>
internal sealed record Delivery(MemberId From, MemberId To, SelectionMessage Message);

/// <summary>
/// Runs the selections of several nodes against each other in one thread, messages in order of sending.
/// </summary>
internal sealed class SelectionPump
{
    private readonly SortedDictionary<MemberId, PrimarySelection> _running = [];
    private readonly Queue<Action> _queue = new();

    public SelectionPump(int nodes)
    {
        for (var node = 1; node <= nodes; node++) Start(node);
    }

    public TimeSpan Now { get; set; }

    public List<Delivery> Sent { get; } = [];

    public List<(MemberId Node, SelectionEffect Effect)> Effects { get; } = [];

    public SortedDictionary<MemberId, CastLog> Logs { get; } = [];

    /// <summary>Whether a quorum of voters confirms what is asked.</summary>
    public bool IsCurrent { get; set; } = true;

    public Func<Delivery, bool> Loses { get; set; } = _ => false;

    /// <summary>The primaries that were activated, in order.</summary>
    public List<MemberId> Winners =>
        [.. Effects.Where(e => e.Effect is SelectionEffect.Activate).Select(e => e.Node)];

    public PrimarySelection On(int node, ulong counter = 1) => _running[Cast.Id(node, counter)];

    public void Start(int node, ulong counter = 1)
    {
        var id = Cast.Id(node, counter);
        foreach (var old in _running.Keys.Where(m => m.Node == id.Node).ToList()) _running.Remove(old);
        Logs[id] = new CastLog();
        _running[id] = new PrimarySelection(
            id, Cast.Copy(node).Disk, Logs[id], new RmAttachmentPolicy(), Profile.Lan, Mutation.None);
    }

    public void Crash(int node) => _running.Remove(_running.Keys.Single(m => m.Node == Cast.Id(node).Node));

    /// <summary>All members of the view install it, in order; what they send is delivered afterwards.</summary>
    public void Install(View view, bool isConfirmed = false)
    {
        foreach (var member in view.Members) Install(member.Id, view, isConfirmed);
        Deliver();
    }

    public void Install(MemberId on, View view, bool isConfirmed = false) =>
        Step(on, new SelectionInput.ViewInstalled(view, isConfirmed));

    public void Say(int from, int to, SelectionMessage message)
    {
        Step(Cast.Id(to), new SelectionInput.Received(Cast.Id(from), message));
        Deliver();
    }

    /// <summary>Lets time pass and ticks everybody, in order.</summary>
    public void Tick(TimeSpan time)
    {
        Now += time;
        foreach (var node in _running.Keys.ToList()) Step(node, SelectionInput.Tick.Instance);
        Deliver();
    }

    public void Deliver()
    {
        while (_queue.TryDequeue(out var next)) next();
    }

    public List<T> Said<T>(MemberId? by = null)
        where T : SelectionMessage =>
        [.. Sent.Where(d => by is null || d.From == by).Select(d => d.Message).OfType<T>()];

    public List<T> Asked<T>(MemberId? by = null)
        where T : SelectionEffect =>
        [.. Effects.Where(e => by is null || e.Node == by).Select(e => e.Effect).OfType<T>()];

    public void Forget()
    {
        Sent.Clear();
        Effects.Clear();
    }

    private void Step(MemberId node, SelectionInput input)
    {
        if (!_running.TryGetValue(node, out var selection)) return;
        List<SelectionEffect> effects = [];
        selection.Step(Now, input, effects);
        foreach (var effect in effects)
        {
            Effects.Add((node, effect));
            if (effect is SelectionEffect.Send send) Send(new Delivery(node, send.To, send.Message));
            if (effect is SelectionEffect.AskCurrency ask && IsCurrent)
            {
                _queue.Enqueue(() => Step(node, new SelectionInput.CurrencyConfirmed(ask.Version, Now)));
            }
        }
    }

    private void Send(Delivery sent)
    {
        Sent.Add(sent);
        if (Loses(sent)) return;
        _queue.Enqueue(() => Step(sent.To, new SelectionInput.Received(sent.From, sent.Message)));
    }
}
