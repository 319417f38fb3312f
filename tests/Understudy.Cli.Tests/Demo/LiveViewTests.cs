using Spectre.Console.Testing;
using Understudy.Cli.Demo;

namespace Understudy.Cli.Tests;

public sealed class LiveViewTests
{
    [Fact]
    public async Task The_picture_shows_nodes_roles_view_and_a_bar_for_each_failover()
    {
        var options = new DemoOptions();
        var console = new TestConsole().Width(100);
        var view = new LiveView(console, options);
        var folder = Directory.CreateTempSubdirectory("understudy-cli-tests-");
        try
        {
            using var cluster = new DemoCluster(options, folder.FullName);
            view.Picture(Documents.Failing, cluster, 123);
            view.Now("n3 comes back");
            view.Ended(new Round(1, Fault.Kill, "n3", "n1", 8.3, new Phases(4, 1, 0, 2, 1)));
            await view.ShowAsync(() => Task.FromResult(new Summary(
                1, [], new Requests(0, 0), new Findings(0, 0, 0, true, null), new NodeCost(0, 0), 0)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        foreach (var part in new[]
        {
            "123 writes acknowledged", "view 17", "primary", "joining, 62 %", "out", "n3 comes back",
            "1 kill           n3      8.3 ms  ████████",
        })
            console.Output.ShouldContain(part);
    }

    [Fact]
    public void A_bar_is_as_long_as_its_share_of_the_longest() =>
        LiveView.Bar(new Phases(2, 2, 0, 4, 4), 24).ShouldBe(
            "[red]████[/][yellow]████[/][green]████████[/][aqua]████████[/]");
}
