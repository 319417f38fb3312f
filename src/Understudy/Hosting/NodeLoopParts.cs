using Understudy.Http;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Services;
using Understudy.Storage;
using Understudy.Tcp;
using Understudy.Transport;
using Understudy.Web;
using Understudy.Workers;

namespace Understudy.Hosting;

/// <summary>What a node's loop works with.</summary>
internal sealed record NodeLoopParts
{
    public required NodeOptions Options { get; init; }

    public required NodeId Self { get; init; }

    public required NodeInbox Inbox { get; init; }

    public required ITransport Transport { get; init; }

    public required SqliteStore Store { get; init; }

    public required Gateway Gateway { get; init; }

    public required CommandGateway Commands { get; init; }

    public required ServiceExecutors Executors { get; init; }

    public required WorkerRuns Workers { get; init; }

    public required TcpForwarders Forwarders { get; init; }

    public required BackendGateways Backends { get; init; }

    public required AnswersUnderWay Answers { get; init; }

    public required EventReports Reports { get; init; }

    public required ServiceMapFeed Feed { get; init; }

    public required TimeProvider Clock { get; init; }

    /// <summary>Ends the process: an invariant is broken, or the disk failed.</summary>
    public required Action<Exception> Fail { get; init; }
}
