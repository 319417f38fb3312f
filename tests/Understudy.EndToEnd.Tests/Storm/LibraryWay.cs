using Microsoft.Extensions.DependencyInjection;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>A .NET program's client, which follows the primary.</summary>
internal sealed class LibraryWay(HttpClient http) : IWayIn
{
    public string Name => "library";

    /// <summary>What a program has to make clients of.</summary>
    public static ServiceProvider CreateProgram(IEnumerable<Uri> nodes)
    {
        var services = new ServiceCollection();
        services.AddHttpClient("kv", client => client.Timeout = StormOptions.Deadline)
            .FollowPrimary("kv", [.. nodes.Select(node => node.ToString())]);
        return services.BuildServiceProvider();
    }

    /// <summary>One of a program's clients.</summary>
    public static LibraryWay Of(ServiceProvider program) =>
        new(program.GetRequiredService<IHttpClientFactory>().CreateClient("kv"));

    public async Task<string> AskAsync(HttpMethod method, string below)
    {
        using var request = new HttpRequestMessage(method, below);
        using var response = await http.SendAsync(request);
        return await StormAnswer.ReadAsync(response);
    }
}
