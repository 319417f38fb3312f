using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Understudy.Web;
using Yarp.ReverseProxy.Forwarder;

namespace Understudy.Tests.Web;

public class ForwardingFailureTests
{
    /// <summary>By the failures that .NET's client is known to give.</summary>
    public static TheoryData<Exception, bool> Failures => new()
    {
        { new HttpRequestException(HttpRequestError.ConnectionError), false },
        { new HttpRequestException(HttpRequestError.NameResolutionError), false },
        { new SocketException((int)SocketError.NotConnected), false }, // Closed while it was made.
        { new HttpRequestException(HttpRequestError.ResponseEnded), true },
        { new IOException("reset"), true },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task Only_a_request_for_which_there_was_a_connection_may_have_been_taken(Exception failure, bool mayBe)
    {
        using var forwarder = new ServiceForwarder(new Failing(failure), TimeSpan.FromSeconds(1));
        var outcome = await forwarder.ForwardAsync(new DefaultHttpContext(), "http://127.0.0.1:1", "/x", version: 1);
        outcome.ShouldBe(mayBe ? ForwardOutcome.Unknown : ForwardOutcome.NotTaken);
    }

    private sealed class Failing(Exception failure) : IHttpForwarder, IForwarderErrorFeature
    {
        public ForwarderError Error => ForwarderError.Request;

        public Exception Exception => failure;

        public ValueTask<ForwarderError> SendAsync(
            HttpContext context,
            string destinationPrefix,
            HttpMessageInvoker httpClient,
            ForwarderRequestConfig requestConfig,
            HttpTransformer transformer)
        {
            context.Features.Set<IForwarderErrorFeature>(this);
            return ValueTask.FromResult(Error);
        }
    }
}
