using Understudy.Kernel;

namespace Understudy.Transport.Tests;

internal abstract record Happened
{
    public sealed record Up(PeerIdentity Peer) : Happened;

    public sealed record Lost(MemberId Peer, string Reason) : Happened;

    public sealed record Got(MemberId From, Message Message) : Happened;

    public sealed record NoAnswer(MemberId Peer) : Happened;

    public sealed record Alarmed(string Text) : Happened;

    public sealed record Refused(string Text) : Happened;
}

/// <summary>Keeps what a transport reports, and lets a test wait for it.</summary>
internal sealed class EventLog : ITransportEvents
{
    private static readonly TimeSpan s_hangGuard = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly List<Happened> _events = [];
    private readonly List<(Func<Happened, bool> IsIt, TaskCompletionSource<Happened> Found)> _waiting = [];

    public IReadOnlyList<Happened> All
    {
        get
        {
            lock (_gate) return [.. _events];
        }
    }

    /// <summary>The first event of the kind that no one has waited for before.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool>? isIt = null)
        where T : Happened
    {
        bool Matches(Happened happened) => happened is T it && (isIt is null || isIt(it));
        var found = new TaskCompletionSource<Happened>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            var index = _events.FindIndex(Matches);
            if (index >= 0)
            {
                found.SetResult(_events[index]);
                _events.RemoveAt(index);
            }
            else
            {
                _waiting.Add((Matches, found));
            }
        }

        return (T)await found.Task.WaitAsync(s_hangGuard);
    }

    public void ChannelUp(PeerIdentity peer) => Add(new Happened.Up(peer));

    public void ChannelLost(MemberId peer, string reason) => Add(new Happened.Lost(peer, reason));

    public void Received(MemberId from, Message message) => Add(new Happened.Got(from, message));

    public void ReceivedAll()
    {
        // What was received is kept already.
    }

    public void ProbeFailed(MemberId peer) => Add(new Happened.NoAnswer(peer));

    public void Alarm(string text) => Add(new Happened.Alarmed(text));

    public void FrameRefused(string text) => Add(new Happened.Refused(text));

    private void Add(Happened happened)
    {
        lock (_gate)
        {
            var index = _waiting.FindIndex(waiting => waiting.IsIt(happened));
            if (index < 0)
            {
                _events.Add(happened);
                return;
            }

            _waiting[index].Found.SetResult(happened);
            _waiting.RemoveAt(index);
        }
    }
}
