using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Contracts;
using Understudy.Kernel;

namespace Understudy.Http;

/// <summary>Tells load balancers which node is what for a service: <c>/health/{service}/{role}</c>.</summary>
internal sealed class HealthEndpoint(INodeState node)
{
    private const string Primary = "primary";
    private const string Secondary = "secondary";
    private const string Any = "any";

    public static bool IsRole(string role) => role is Primary or Secondary or Any;

    public Task AnswerAsync(HttpContext context, string service, string wanted)
    {
        var name = new ServiceName(service);
        var place = node.PlaceOf(name);
        if (place == PrimaryPlace.UnknownService)
        {
            return Answers.ProblemAsync(
                context, StatusCodes.Status404NotFound, $"There is no service \"{service}\".");
        }

        var role = place == PrimaryPlace.Here ? Primary : node.IsSecondary(name) ? Secondary : "none";
        var isFine = role == wanted || (wanted == Any && role != "none");
        var version = node.VersionOf(name);
        var document = new HealthDocument
        {
            Service = service,
            Node = node.Node.Value,
            Role = role,
            Version = version.Value,
            Reason = isFine ? null : node.NotReady ?? $"{node.Node} is not the {Meaning(wanted)} of {service} now",
        };
        Answers.Sign(context, node.Node, version);
        context.Response.StatusCode = isFine ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        return Answers.BodyAsync(
            context,
            "application/json",
            JsonSerializer.SerializeToUtf8Bytes(document, ContractsJson.Default.HealthDocument));
    }

    private static string Meaning(string wanted) => wanted switch
    {
        Primary => "primary",
        Secondary => "node of a secondary",
        _ => "node of a provider",
    };
}
