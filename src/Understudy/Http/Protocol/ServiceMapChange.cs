using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Http.Protocol;

/// <summary>What a reader of the service map has to be told.</summary>
/// <param name="At">Where it is then.</param>
/// <param name="IsWhole">Whether it is the whole map, and what is not named does not exist.</param>
/// <param name="Services">The services, or those that changed, in order of name.</param>
/// <param name="Removed">Of a change: those that exist no more.</param>
internal sealed record ServiceMapChange(
    ServiceMapPosition At,
    bool IsWhole,
    ImmutableArray<ServiceEntry> Services,
    ImmutableArray<ServiceName> Removed);
