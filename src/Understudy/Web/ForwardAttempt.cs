using Microsoft.AspNetCore.Http;

namespace Understudy.Web;

/// <summary>
/// One attempt to forward a request: whether anything of it has been sent, and whether it still counts.
/// </summary>
/// <param name="mayBeSent">Asked when there is a connection and nothing has been sent.</param>
/// <param name="mayAnswer">Asked before an answer is handed on.</param>
internal sealed class ForwardAttempt(Func<bool> mayBeSent, Func<bool> mayAnswer)
{
    /// <summary>Whether something of it may have reached the other side.</summary>
    public bool IsSent { get; private set; }

    /// <summary>Whether a method changes nothing, so that it can always be sent again.</summary>
    public static bool IsSafe(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    /// <summary>It is about to be sent.</summary>
    /// <exception cref="HttpRequestException">It must not be any more.</exception>
    public void Begin()
    {
        if (IsSent) return;
        Check(mayBeSent());
        IsSent = true;
    }

    /// <summary>An answer is about to be handed on.</summary>
    /// <exception cref="HttpRequestException">It must not be any more.</exception>
    public void BeginAnswer() => Check(mayAnswer());

    private static void Check(bool counts)
    {
        if (!counts) throw new HttpRequestException("The service has moved meanwhile.");
    }
}
