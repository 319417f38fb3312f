using Understudy.Client;

namespace Understudy.Tests.Client;

public class SentOnceTests
{
    /// <summary>Without content, .NET's own handler would send it again over a new connection.</summary>
    [Fact]
    public async Task A_change_without_a_key_and_without_a_body_is_not_sent_again_by_anybody()
    {
        using var server = new CuttingServer();
        using var map = new MapStream(server.Url);
        await using var locator = new ServiceLocator([server.Url.ToString()], map);
        await locator.FindPrimaryAsync("kv", TestContext.Current.CancellationToken);
        using var handler = new FollowPrimaryHandler(
            "kv",
            locator,
            new FollowPrimaryOptions { AddKeys = false },
            FollowPrimaryHandler.Transport(),
            TimeProvider.System);
        using var client = new HttpClient(handler) { BaseAddress = new Uri("http://kv/") };
        using (await client.PostAsync("first", null))
        {
            // Now there is a connection to be used again.
        }

        await Should.ThrowAsync<HttpRequestException>(client.PostAsync("cut", null));
        server.Cut.ShouldBe(1);
    }
}
