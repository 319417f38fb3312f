using Understudy.Protocol;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// No client goes back in time by asking another node: nobody is answered in an older version than the one that the
/// client sent along, whichever node was asked, and what a client hears of a service is never older than what it heard
/// before.
/// </summary>
internal sealed class NoGoingBack : Checker
{
    private readonly Dictionary<(int Client, string Service), long> _heard = [];

    public override void OnAnswer(SimulatedNode gateway, Attempt attempt, Reply reply)
    {
        if (reply.Outcome != ReplyOutcome.Answered) return;
        if (reply.Version.Value >= attempt.Version.GetValueOrDefault()) return;
        Fail($"{attempt.Operation} was answered by {reply.Node}, as {gateway.Option.Id} was asked, in version "
            + $"{reply.Version}, and its client had heard of version {attempt.Version}");
    }

    public override void OnHeard(int client, string service, long version)
    {
        var before = _heard.GetValueOrDefault((client, service));
        if (version < before) Fail($"client {client} heard of version {version} of {service} after {before}");
        _heard[(client, service)] = version;
    }
}
