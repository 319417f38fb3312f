using Microsoft.Extensions.DependencyInjection;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>A .NET program's client, which follows the primary.</summary>
internal sealed class LibraryWay(HttpClient http, string service) : IWayIn
{
    public string Name => "library";

    public string Service => service;

    public bool MayRepeat => true;

    /// <summary>What a program has to make clients of, for each of these services.</summary>
    public static ServiceProvider CreateProgram(IEnumerable<Uri> nodes, IEnumerable<string> services)
    {
        string[] urls = [.. nodes.Select(node => node.ToString())];
        var program = new ServiceCollection();
        foreach (var service in services)
        {
            program.AddHttpClient(service, client => client.Timeout = StormOptions.Deadline)
                .FollowPrimary(service, urls);
        }

        return program.BuildServiceProvider();
    }

    /// <summary>One of a program's clients.</summary>
    public static LibraryWay Of(ServiceProvider program, string service) =>
        new(program.GetRequiredService<IHttpClientFactory>().CreateClient(service), service);

    public async Task<string> AskAsync(HttpMethod method, string below, string? body)
    {
        using var request = new HttpRequestMessage(method, below);
        if (body is not null) request.Content = new StringContent(body);
        using var response = await http.SendAsync(request);
        return await StormAnswer.ReadAsync(response);
    }
}
