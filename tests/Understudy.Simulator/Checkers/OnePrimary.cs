using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// At most one provider wins per version, for the RM and for every service, and a version has one meaning.
/// </summary>
internal sealed class OnePrimary : Checker
{
    private readonly Dictionary<(ServiceName?, ConfigurationVersion), MemberId> _winners = [];
    private readonly Dictionary<(ServiceName, ConfigurationVersion), Configuration> _configurations = [];

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        switch (happening)
        {
            case NodeEvent.SelectionWon won: Claim(null, won.Version, node.Member); break;
            case NodeEvent.PrimaryActivated won: Claim(won.Service, won.Version, node.Member); break;
            case NodeEvent.Configured { Configuration: var configuration }: Compare(node, configuration); break;
        }
    }

    private void Claim(ServiceName? service, ConfigurationVersion version, MemberId winner)
    {
        if (_winners.TryAdd((service, version), winner)) return;
        var first = _winners[(service, version)];
        var what = service?.Value ?? "the selection of the RM";
        if (first != winner) Fail($"{winner} and {first} both won version {version} of {what}");
    }

    private void Compare(SimulatedNode node, Configuration configuration)
    {
        if (_configurations.TryAdd((configuration.Service, configuration.Version), configuration)) return;
        var first = _configurations[(configuration.Service, configuration.Version)];
        var isSame = first.Lineage == configuration.Lineage
            && first.InSync.AsSpan().SequenceEqual(configuration.InSync.AsSpan())
            && (first.Primary is null || configuration.Primary is null || first.Primary == configuration.Primary);
        if (!isSame) Fail($"{node.Member} adopted {Words(configuration)}, another node {Words(first)}");
    }

    private static string Words(Configuration configuration) =>
        $"{configuration} in sync: {string.Join(' ', configuration.InSync.Select(p => p.Member))}";
}
