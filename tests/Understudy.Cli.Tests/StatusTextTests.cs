using Understudy.Contracts;

namespace Understudy.Cli.Tests;

public sealed class StatusTextTests
{
    [Fact]
    public void A_cluster_as_wanted_is_shown_line_by_line() => StatusText.Render(Documents.Whole).ShouldBe(
        """
        cluster demo (id 0011)
        node n1 answers: member, incarnation 3
        understudy 0.1.0, pid 4711, 63 MB, 1.3 s of CPU
        view 17: 4 members, hears 4 of 4 voters, quorum 3, lease valid

        node  kind   state  in view
        n1    voter  up     incarnation 1
        n2    voter  up     incarnation 2
        n3    voter  up     incarnation 3
        n4    voter  up     incarnation 4

        replica manager: primary n2, in-sync n1, n2, n3, n4, version 5

        service  kind  primary  secondaries  joining  spares  version  durability
        kv       kv    n1       n2, n3       -        n4      7        disk

        all is as wanted
        """);

    [Fact]
    public void Of_very_many_services_those_are_shown_that_are_not_as_wanted()
    {
        var kv = Documents.Whole.Services[0];
        var many = Documents.Whole with
        {
            Services =
            [
                .. Enumerable.Range(0, 1_000).Select(n => n == 7
                    ? kv with { Name = "s7", Secondaries = ["n2"] }
                    : kv with { Name = $"s{n}" }),
            ],
            Reasons = [.. Enumerable.Range(0, 70).Select(n => $"reason {n}")],
        };

        var text = StatusText.Render(many);

        text.ShouldContain("n1    1000       0            0\n");
        text.ShouldContain("n3    0          999          0\n");
        text.ShouldContain("\ns7       kv    n1       n2 (1 of 2)");
        text.ShouldNotContain("\ns8 ");
        text.ShouldContain("1000 services, 999 in their wanted shape, 1 shown; --json has all\n");
        text.ShouldEndWith("reason 63\n  and 6 more; --json has all");
    }

    [Fact]
    public void A_node_shows_its_tcp_ports() => StatusText.Render(Documents.Whole with
    {
        Tcp =
        [
            new TcpStatus { Service = "cache", Listen = "127.0.0.1:6380", Open = 12, Held = 3, Refused = 4 },
        ],
    }).ShouldContain(
        """

        tcp    listens at      open  held  refused
        cache  127.0.0.1:6380  12    3     4

        all is as wanted
        """);

    [Fact]
    public void A_node_shows_the_requests_for_services_programs_and_such_a_service_has_no_durability()
    {
        var shop = Documents.Kv with { Name = "shop", Kind = "external", Durability = "memory" };
        StatusText.Render(Documents.Whole with
        {
            Services = [Documents.Kv, shop],
            Http = [new HttpStatus { Service = "shop", Forwarded = 12, Held = 3, Refused = 4 }],
        }).ShouldContain(
            """

            service  kind      primary  secondaries  joining  spares  version  durability
            kv       kv        n1       n2, n3       -        n4      7        disk
            shop     external  n1       n2, n3       -        n4      7        -

            http  forwarded  held  refused
            shop  12         3     4

            all is as wanted
            """);
    }

    [Fact]
    public void A_lineage_is_named_once_there_was_a_total_loss() => StatusText
        .Render(Documents.Whole with { Services = [Documents.Kv with { Lineage = 2 }] })
        .ShouldContain("7, lineage 2  disk\n");

    [Fact]
    public void Lines_of_a_cluster_as_wanted_fit_a_terminal_of_80_columns()
    {
        var node = Documents.Whole.Node with { Version = "0.1.0+3f2b763ff8289fb35eaf8a8b030d3bc139e81d1f" };
        var text = StatusText.Render(Documents.Whole with
        {
            ClusterId = new string('0', 32),
            Node = node with { Pid = 4_194_304, RssMegabytes = 1024, CpuSeconds = 100_000 },
            Services = [Documents.Kv with { Kind = "external" }],
        });
        text.ShouldContain("understudy 0.1.0+3f2b763f, pid");
        text.Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    [Fact]
    public void What_is_not_as_wanted_has_a_line_that_says_why() => StatusText.Render(Documents.Failing).ShouldBe(
        """
        cluster demo (id 0011)
        node n1 answers: member, incarnation 3
        understudy 0.1.0, pid 4711, 63 MB, 1.3 s of CPU
        view 17: 3 members, hears 3 of 4 voters, quorum 3, lease valid

        node  kind       state  in view
        n1    voter      up     incarnation 1
        n2    voter      up     incarnation 2
        n3    non-voter  down   no
        n4    voter      up     incarnation 4

        replica manager: primary n2, in-sync n1, n2, n3, n4, version 5

        service  kind  primary  secondaries  joining    spares      version  durability
        kv       kv    n1       n2 (1 of 2)  n4 (62 %)  - (0 of 1)  8        disk

        requests  wait         bytes             longest  refused
        kv        12 of 10000  3400 of 67108864  1.2 s    0
        orders    0 of 10000   0 of 67108864     0.0 s    7

        not as wanted:
          kv has one secondary of two: n4 is joining, 62 %
          n3 is down
        """);

    [Fact]
    public void A_node_without_a_cluster_says_for_whom_it_waits() => StatusText.Render(Documents.Forming).ShouldBe(
        """
        cluster demo (not formed yet)
        node n1 answers: forming, incarnation 3
        understudy 0.1.0, pid 4711, 63 MB, 1.3 s of CPU
        view: none

        node  kind   state  in view
        n1    voter  up     no

        not as wanted:
          waiting for n3 to form the cluster
        """);

    [Fact]
    public void A_service_that_commits_after_its_answer_says_what_a_failover_may_lose()
    {
        var kv = Documents.Kv with { Checkpoints = "periodic", IntervalSeconds = 1, LossBoundSeconds = 1.2 };
        StatusText.Render(Documents.Whole with { Services = [kv] }).ShouldContain(
            "\nkv answers before it commits, every 1s: a failover may lose up to 1.2s of updates\n");
        kv = kv with { UncommittedSeconds = 0.35 };
        StatusText.Render(Documents.Whole with { Services = [kv] }).ShouldContain(
            "may lose up to 1.2s of updates; the oldest now is 350ms old\n");
    }

    [Fact]
    public void Rules_drained_nodes_and_switchovers_are_shown()
    {
        var kv = Documents.Kv with
        {
            Rules = new RulesStatus { Prefer = ["n1", "n2"], Never = ["n4"], Apart = ["orders"] },
            Operation = new OperationStatus
            {
                Target = "n2",
                Stage = OperationStages.Freeze,
                Since = 61,
                Cause = "an operator asked for n2",
                WaitsFor = "n1 finishes what kv has in flight",
            },
        };
        var text = StatusText.Render(Documents.Whole with
        {
            Services = [kv],
            Nodes = [.. Documents.Whole.Nodes.Select(node => node with { Drained = node.Id == "n1" })],
        });
        text.ShouldContain("n1    voter  up, drained  incarnation 1\n");
        text.ShouldContain(
            """

            rules:
              kv: prefer n1, n2; never n4; apart from orders

            switchover of kv to n2, clients are held (since 0.00:01:01.0; an operator asked for n2)
              waits: n1 finishes what kv has in flight

            """);
    }

    [Fact]
    public void A_worker_is_called_one_and_what_it_waits_for_is_shown()
    {
        const string Waits = "n1 may still run it until its view lease has ended, in at most 312 ms";
        var worker = Documents.Kv with
        {
            Name = "nightly",
            Kind = "nightly",
            Primary = null,
            Secondaries = [],
            Spares = [],
            WantedSecondaries = 0,
            WantedSpares = 0,
            Durability = "none",
            Exclusive = true,
            WaitsFor = Waits,
            Operation = new OperationStatus
            {
                Target = "n2",
                Stage = OperationStages.BringUp,
                Since = 61,
                Cause = "an operator asked for n2",
                WaitsFor = Waits,
            },
        };
        StatusText.Render(Documents.Whole with { Services = [worker], Reasons = [$"nightly runs nowhere: {Waits}"] })
            .ShouldEndWith(
            """
            service  kind     primary  secondaries  joining  spares  version  durability
            nightly  nightly  -        -            -        -       7        none: a worker

            switchover of nightly to n2, it is stopped first (since 0.00:01:01.0; an operator asked for n2)
              waits: n1 may still run it until its view lease has ended, in at most 312 ms

            not as wanted:
              nightly runs nowhere: n1 may still run it until its view lease has ended, in at most 312 ms
            """);
    }
}
