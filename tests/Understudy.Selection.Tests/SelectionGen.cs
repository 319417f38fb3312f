using CsCheck;
using Understudy.Selection;
using Understudy.Selection.Protocol;
using static Understudy.Codecs.KernelGen;

namespace Understudy.Selection.Tests;

/// <summary>Generates selection's messages, ranks and configurations.</summary>
internal static class SelectionGen
{
    public static readonly Gen<Rank> Ranks = Gen.Select(
        Gen.Select(Gen.Bool, Versions, Versions), Numbers, Gen.OneOf(Gen.Int[-2, 2], Gen.Int), Nodes,
        (start, sequence, priority, node) =>
            new Rank(start.Item1, start.Item2, start.Item3, sequence, priority, node));

    public static readonly Gen<RmConfiguration> Configurations = Gen.Select(
        Versions,
        Lineages,
        List(Gen.Select(Nodes, Disks, (node, disk) => new RegistryCopy(node, disk))),
        (version, lineage, inSync) => new RmConfiguration(version, lineage, inSync)
        {
            Preferred = version.Value % 2 == 0 && !inSync.IsEmpty ? inSync[0] : null,
        });

    public static readonly Gen<SelectionMessage> Messages = Gen.OneOf(
        Gen.Select(Versions, Ranks, (version, rank) =>
            (SelectionMessage)new SelectionMessage.Disqualify(version, rank)),
        Gen.Select(Versions, Versions, Numbers, (version, epoch, sequence) =>
            (SelectionMessage)new SelectionMessage.Yield(version, epoch, sequence)),
        Gen.Select(Versions, MemberIds, Ranks, (version, candidate, rank) =>
            (SelectionMessage)new SelectionMessage.Higher(version, candidate, rank)),
        Versions.Select(version => (SelectionMessage)new SelectionMessage.Stale(version)),
        Versions.Select(version => (SelectionMessage)new SelectionMessage.Elected(version)));
}
