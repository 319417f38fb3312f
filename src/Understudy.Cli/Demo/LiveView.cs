using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Understudy.Contracts;

namespace Understudy.Cli.Demo;

/// <summary>A picture of the cluster on the terminal, drawn several times a second.</summary>
internal sealed class LiveView(IAnsiConsole console, DemoOptions options) : IDemoView
{
    private const int ShownRounds = 12;
    private const int BarWidth = 48;

    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(125);
    private static readonly string[] Colours = ["red", "yellow", "blue", "green", "aqua"];

    private readonly Lock _lock = new();
    private readonly List<Round> _rounds = [];
    private readonly List<(string Id, string Process, string Role, string InView)> _nodes = [];
    private string _now = "";
    private string _said = "";
    private string _view = "no view yet";
    private int _acknowledged;

    public bool WantsPictures => true;

    public Task<Summary> ShowAsync(Func<Task<Summary>> work) =>
        console.Live(Draw()).AutoClear(false).StartAsync(async context =>
        {
            var running = work();
            while (!running.IsCompleted)
            {
                context.UpdateTarget(Draw());
                await Task.WhenAny(running, Task.Delay(Frame));
            }

            context.UpdateTarget(Draw());
            return await running;
        });

    public void Say(string line)
    {
        lock (_lock) _said = line;
    }

    public void Now(string text)
    {
        lock (_lock) _now = text;
    }

    public void Picture(StatusDocument? status, DemoCluster cluster, int acknowledged)
    {
        lock (_lock)
        {
            _acknowledged = acknowledged;
            if (status is null) return;
            _view = status.View is { } view
                ? string.Create(CultureInfo.InvariantCulture, $"view {view.Epoch}")
                : "no view yet";
            _nodes.Clear();
            foreach (var node in cluster.Nodes)
            {
                var process = node.IsStopped ? "stopped" : node.IsRunning ? "runs" : "dead";
                var inView = status.Nodes.FirstOrDefault(each => each.Id == node.Id)?.InView == true;
                _nodes.Add((node.Id, process, Role(status, node.Id), inView ? "in view" : "out"));
            }
        }
    }

    public void Ended(Round round)
    {
        lock (_lock) _rounds.Add(round);
    }

    private static string Role(StatusDocument status, string node)
    {
        if (Shape.Kv(status) is not { } kv) return "";
        if (kv.Primary == node) return "primary";
        if (kv.Secondaries.Contains(node)) return "secondary";
        if (kv.Joining.FirstOrDefault(each => each.Node == node) is { } joining) return $"joining, {joining.Percent} %";
        return kv.Spares.Contains(node) ? "spare" : "";
    }

    private Rows Draw()
    {
        lock (_lock)
        {
            var nodes = new Table().Border(TableBorder.Rounded).AddColumns("node", "process", "kv", _view);
            foreach (var (id, process, role, inView) in _nodes)
                nodes.AddRow(id, Coloured(process), Coloured(role), Coloured(inView));

            List<IRenderable> rows =
            [
                new Markup(
                    $"[bold]Understudy[/]  {_rounds.Count} of {options.Rounds} failovers, " +
                    $"{_acknowledged} writes acknowledged"),
                nodes,
                new Markup($"[bold]{Markup.Escape(_now)}[/]"),
                new Markup($"[grey]{Markup.Escape(_said)}[/]"),
            ];
            rows.AddRange(Bars());
            return new Rows(rows);
        }
    }

    private IEnumerable<IRenderable> Bars()
    {
        if (_rounds.Count == 0) yield break;
        var legend = Phases.Names.Zip(Colours, (name, colour) => $"[{colour}]█[/] {name}");
        yield return new Markup("[bold]The gap of each round[/]  " + string.Join("  ", legend));
        var shown = _rounds.TakeLast(ShownRounds).ToArray();
        var longest = Math.Max(1, shown.Max(round => round.Phases?.Total ?? 0));
        foreach (var round in shown)
        {
            var bar = round.Phases is { } phases ? Bar(phases, longest) : "";
            var gap = round.GapMilliseconds.ToString("0.0", CultureInfo.InvariantCulture).PadLeft(7);
            var fault = Faults.Names[(int)round.Fault].PadRight(14);
            yield return new Markup($"{round.Number,3} {fault} {round.Victim,-3} {gap} ms  {bar}");
        }
    }

    /// <summary>A bar whose parts are as long as the phases; the longest shown failover fills the width.</summary>
    internal static string Bar(Phases phases, double longest)
    {
        var text = "";
        double end = 0;
        var drawn = 0;
        foreach (var (part, colour) in phases.Parts.Zip(Colours))
        {
            end += part;
            var upTo = (int)Math.Round(end / longest * BarWidth);
            if (upTo > drawn) text += $"[{colour}]{new string('█', upTo - drawn)}[/]";
            drawn = Math.Max(drawn, upTo);
        }

        return text;
    }

    private static string Coloured(string word) => word switch
    {
        "dead" or "out" => $"[red]{word}[/]",
        "stopped" => $"[yellow]{word}[/]",
        "primary" => $"[bold green]{word}[/]",
        "secondary" => $"[green]{word}[/]",
        _ => Markup.Escape(word),
    };
}
