using CsCheck;
using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

public sealed class ReplicaConvergenceTests
{
    // Primaries come and go, messages are lost, doubled and reordered, disks flush when they like. The pump checks
    // after every turn that nothing committed is truncated or differs between replicas.
    [Fact]
    public void Replicas_converge_to_equal_logs_with_everything_that_was_acknowledged() =>
        Gen.Select(Gen.UInt, Gen.Int[1, 4], Gen.Int[2, 4]).Sample((seed, reigns, nodes) =>
        {
            var pump = new ReplicaPump { Chaos = new SeededRandom(seed) };
            int[] all = [.. Enumerable.Range(1, nodes)];
            foreach (var node in all) pump.Add(node);
            var number = 0L;
            for (var version = 1L; version <= reigns; version++)
            {
                var primary = 1 + pump.Chaos.Below(nodes);
                // The others learn of the new version from its checkpoints, late or never.
                pump.Turn(primary, r => r.Lead(Version(version), Providers(all)));
                for (var i = 0; i < 6; i++)
                {
                    pump.Turn(primary, r => r.Submit(Write(++number, $"{number} ")));
                    pump.Happen(pump.Chaos.Below(12));
                    if (pump.Chaos.Chance(0.3)) pump.Tick(Profile.Lan.Heartbeat);
                }
            }

            pump.Chaos = null;
            pump.Deliver();
            // Whoever missed the last commit is told it again after a silence.
            for (var i = 0; i < 15; i++) pump.Tick(Profile.Lan.Heartbeat);

            var logs = all.Select(node => Summary(pump.JournalOn(node))).ToList();
            logs.ShouldAllBe(log => log == logs[0]);
            all.ShouldAllBe(node => pump.On(node).Committed == pump.On(node).LastSequence);
            all.Select(node => pump.On(node).State.Digest).Distinct().ShouldHaveSingleItem();
            var words = pump.LettersOn(1).Split(' ');
            foreach (var answer in pump.Asked<ReplicaEffect.Answer>())
            {
                words.Count(word => word == $"{answer.Id.Number}").ShouldBe(1, $"acknowledged {answer.Id.Number}");
            }
        });

    private static string Summary(IEnumerable<LogEntry> log) =>
        string.Join(' ', log.Select(e => $"{e.Sequence}:{e.Version}:{Convert.ToHexString(e.Payload.Span)}"));
}
