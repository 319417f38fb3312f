using Understudy.Verification;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>Many clients through many faults. How many, the environment says: see <see cref="StormOptions"/>.</summary>
public class StormTests
{
    [Fact]
    public async Task No_client_sees_an_error_through_mixed_faults_nothing_is_lost_and_nothing_done_twice()
    {
        var options = StormOptions.FromEnvironment();
        Say($"{options}");
        await using var programs = await ForeignPrograms.StartAsync("n1", "n2", "n3", "n4", "n5");
        await using var cluster = await StartAsync(options, programs);
        var ledger = new StormLedger();
        await using var crowd = new StormCrowd(cluster, programs, ledger, options);
        await crowd.BeginAsync();
        var made = await BlowAsync(new StormFaults(cluster, ledger, options.Seed), crowd, ledger, options.Faults);
        var (lost, duplicated) = await crowd.EndAsync();
        ledger.JudgeOthers(new ViewChanges(cluster).Explain);

        Say(StormReport.Of(ledger, made, lost, duplicated));
        ledger.Problems.ShouldBeEmpty();
        (lost, duplicated).ShouldBe((0, 0));
        LinearizabilityChecker.Check(ledger.History).Verdict.ShouldBe(Verdict.Linearizable);
        cluster.Passed();
    }

    /// <summary>Three nodes vote, and two do not. One service of keys is in the file, the other is added.</summary>
    private static async Task<RealCluster> StartAsync(StormOptions options, ForeignPrograms programs)
    {
        const string NoVote = "voter = false";
        var cluster = await RealCluster.StartAsync(
            [("n1", ""), ("n2", ""), ("n3", ""), ("n4", NoVote), ("n5", NoVote)],
            $"[service.kv]\nkind = \"kv\"\nsecondaries = 2\nspares = 1\n{Hold("kv")}"
            + $"{programs.Lines}{Hold(ForeignPrograms.Service)}",
            options.Profile);
        string[] shape = ["--secondaries", "2", "--spares", "1"];
        await OperatorLine.DoAsync(cluster["n1"], ["service", "add", StormCrowd.Services[1], .. shape]);
        return cluster;
    }

    /// <summary>Nobody is told to come again, whatever his node waits for.</summary>
    private static string Hold(string service) =>
        $"[service.{service}.hold]\nseconds = {StormOptions.Deadline.TotalSeconds}\n";

    /// <summary>Makes the faults, each when every client was answered since the last.</summary>
    private static async Task<List<StormFault>> BlowAsync(
        StormFaults faults, StormCrowd crowd, StormLedger ledger, int number)
    {
        List<StormFault> made = [];
        await faults.WholeAsync();
        await ledger.GoOnAsync();
        while (made.Count < number && ledger.Problems.Count < 100)
        {
            var (fault, make) = faults.Next();
            made.Add(fault);
            ledger.During(fault);
            var begun = ledger.Now;
            var making = make();
            await Task.WhenAny(making, fault.Begun);
            await Task.WhenAll(making, crowd.NewcomerAsync());
            var took = (ledger.Now - begun).TotalSeconds;
            await ledger.GoOnAsync();
            ledger.During(null);
            var longest = string.Join(", ", fault.Longest.Select(l => $"{l.Key} {l.Value.TotalMilliseconds:0} ms"));
            Say($"{begun.TotalSeconds,7:0.0} s  {fault}: whole after {took:0.0} s; longest: {longest}; "
                + $"{ledger.Problems.Count} problems");
        }

        return made;
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
