using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Understudy.Web;

/// <summary>A request that came by the node's gateway reaches the endpoints of its service, and no others.</summary>
internal sealed class ServiceMatcherPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => int.MinValue;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => true;

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        if (httpContext.Features.Get<ArrivedRequest>() is not { } arrived) return Task.CompletedTask;
        for (var number = 0; number < candidates.Count; number++)
        {
            if (!candidates.IsValidCandidate(number)) continue;
            var its = candidates[number].Endpoint.Metadata.GetMetadata<ServiceMetadata>();
            if (its?.Service != arrived.Service) candidates.SetValidity(number, false);
        }

        return Task.CompletedTask;
    }
}
