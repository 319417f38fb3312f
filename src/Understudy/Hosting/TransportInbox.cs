using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Transport;

namespace Understudy.Hosting;

/// <summary>Posts what a transport reports into the node's loop.</summary>
internal sealed class TransportInbox(NodeInbox inbox, EventReports reports) : ITransportEvents
{
    public void ChannelUp(PeerIdentity peer) => inbox.PostAside(new NodeInput.ChannelUp(peer));

    public void ChannelLost(MemberId peer, string reason) => inbox.PostAside(new NodeInput.ChannelLost(peer));

    public void Received(MemberId from, Message message) => inbox.Add(new NodeInput.Received(from, message));

    public void ReceivedAll() => inbox.Turn();

    public void ProbeFailed(MemberId peer) => inbox.Post(new NodeInput.ProbeFailed(peer));

    public void Alarm(string text) => reports.Report(new NodeEvent.Alarm(text));

    public void FrameRefused(string text) => reports.Remember(new NodeEvent.Noted(text));
}
