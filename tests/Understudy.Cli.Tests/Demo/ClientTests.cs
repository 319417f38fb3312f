using Understudy.Cli.Demo;
using Understudy.Verification;

namespace Understudy.Cli.Tests;

public sealed class ClientTests
{
    private static readonly DemoOptions Options = new();

    [Fact]
    public async Task The_gap_writer_counts_each_write_once_though_its_node_loses_answers()
    {
        await using var kv = await FakeKv.StartAsync(3);
        var requests = 0;
        kv.MishapOf = node =>
            node == 0 && Interlocked.Increment(ref requests) > 5 ? Mishap.AnswerLost : Mishap.None;
        using var client = new KvClient(kv.Nodes, Options.RequestPatience);
        var history = new History();
        var writer = new GapWriter(client: 0, client, history);
        using var stop = new CancellationTokenSource();

        var running = writer.RunAsync(stop.Token, CancellationToken.None);
        while (writer.Acks.Count < 40) await Task.Yield();
        await stop.CancelAsync();
        await running;

        var values = history.Snapshot().Select(operation => operation.Done.Value).ToArray();
        values.ShouldBe(Enumerable.Range(1, values.Length).Select(value => (long)value));
        history.Acknowledged.ShouldBe(values.Length);
    }

    [Fact]
    public async Task Clients_are_answered_whatever_happens_to_their_requests()
    {
        await using var kv = await FakeKv.StartAsync(3);
        var requests = 0;
        kv.MishapOf = _ => (Interlocked.Increment(ref requests) % 5) switch
        {
            0 => Mishap.AnswerLost,
            1 => Mishap.Unavailable,
            _ => Mishap.None,
        };
        using var load = new Load(kv.Nodes, Options, new History(), CancellationToken.None);

        while (load.History.Count < 2000)
        {
            await load.CheckAsync();
            await Task.Yield();
        }

        await load.StopAsync();
        await load.ReadBackAsync(CancellationToken.None);

        kv.Repeats.ShouldBeGreaterThan(0);
        var history = load.History.Snapshot();
        history.ShouldAllBe(operation => operation.IsAnswered);
        history.Select(operation => operation.Done.Kind).Distinct().Count().ShouldBe(4);
        history.ShouldContain(operation =>
            operation.Done.Kind == KvOperationKind.CompareAndSet && operation.Done.Outcome == KvOutcome.Done);
        Verifier.Check(history).ShouldBe(new Findings(load.History.Acknowledged, 0, 0, true, null));
    }

    [Fact]
    public async Task A_request_that_is_not_answered_in_time_is_one_of_unknown_outcome()
    {
        await using var kv = await FakeKv.StartAsync(2);
        kv.MishapOf = _ => Mishap.Unavailable;
        using var client = new KvClient(kv.Nodes, TimeSpan.FromMilliseconds(200));

        var put = await client.AskAsync(DemoClient.Ask(KvOperationKind.Put, "a"), CancellationToken.None);

        put.Outcome.ShouldBe(KvOutcome.Unknown);
    }

    [Fact]
    public async Task An_answer_that_no_node_gives_ends_the_demo()
    {
        await using var node = await FakeNode.StartAsync("");
        using var client = new KvClient([node.Root], Options.RequestPatience);

        var put = DemoClient.Ask(KvOperationKind.Put, "a");
        var failure = await Should.ThrowAsync<DemoFailedException>(
            () => client.AskAsync(put, CancellationToken.None));

        failure.Message.ShouldStartWith("a node answered 404 to Put of a: ");
    }
}
