using Understudy.Cli.Demo;
using Understudy.Verification;

namespace Understudy.Cli.Tests;

public sealed class ClientTests
{
    private static readonly DemoOptions Options = new();

    [Theory]
    [InlineData(Mishap.Unavailable)]
    [InlineData(Mishap.AnswerLost)]
    [InlineData(Mishap.Held)]
    public async Task The_gap_writer_asks_the_others_at_once_and_counts_each_write_once(Mishap mishap)
    {
        await using var kv = await FakeKv.StartAsync(3);
        var requests = 0;
        kv.MishapOf = node => node == 0 && Interlocked.Increment(ref requests) > 5 ? mishap : Mishap.None;
        using var gateway = new KvGateway(kv.Nodes, Options.AttemptPatience);
        var history = new History();
        var writer = new GapWriter(client: 0, gateway, history, Options);
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
    public async Task Clients_keep_asking_with_the_same_key_until_they_are_answered()
    {
        await using var kv = await FakeKv.StartAsync(3);
        var requests = 0;
        kv.MishapOf = _ => (Interlocked.Increment(ref requests) % 5) switch
        {
            0 => Mishap.AnswerLost,
            1 => Mishap.Unavailable,
            _ => Mishap.None,
        };
        using var load = new Load(kv.Nodes, Options, CancellationToken.None);

        while (load.History.Count < 2000)
        {
            await load.CheckAsync();
            await Task.Yield();
        }

        await load.StopAsync();
        await load.ReadBackAsync(CancellationToken.None);

        kv.Repeats.ShouldBeGreaterThan(0);
        var history = load.History.Snapshot();
        history.Select(operation => operation.Done.Kind).Distinct().Count().ShouldBe(4);
        history.ShouldContain(operation =>
            operation.Done.Kind == KvOperationKind.CompareAndSet && operation.Done.Outcome == KvOutcome.Done);
        Verifier.Check(history).ShouldBe(new Findings(load.History.Acknowledged, 0, 0, true, null));
    }

    [Fact]
    public async Task An_answer_that_no_gateway_gives_ends_the_demo()
    {
        await using var node = await FakeNode.StartAsync("");
        using var gateway = new KvGateway([node.Root], Options.AttemptPatience);

        var put = DemoClient.Ask(KvOperationKind.Put, "a");
        var failure = await Should.ThrowAsync<DemoFailedException>(
            () => gateway.TryAsync(0, put, "1", CancellationToken.None));

        failure.Message.ShouldStartWith("a node answered 404 to Put of a: ");
    }
}
