using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Understudy.Http;

namespace Understudy.Web;

/// <summary>
/// A request on its way to the node of the primary, which answers it or says where the primary is now.
/// </summary>
/// <param name="node">The node's address.</param>
/// <param name="target">Path and query there, encoded.</param>
/// <param name="version">The configuration by which that node is primary.</param>
internal sealed class ToPrimary(string node, string target, long version)
    : ForwardTransformer(node + target)
{
    protected override void AddTo(HttpRequestHeaders headers, HttpContext context)
    {
        headers.TryAddWithoutValidation(ServiceGate.DirectHeader, ServiceGate.FromNode);
        headers.TryAddWithoutValidation(Answers.VersionHeader, version.ToString(CultureInfo.InvariantCulture));
    }

    protected override bool IsMoved(HttpResponseMessage answer) => answer.Headers.Contains(ServiceGate.MovedHeader);

    // The node that answers signs.
    protected override void Adapt(HttpContext context, HttpResponseMessage? answer)
    {
        context.Response.Headers.Remove(Answers.NodeHeader);
        context.Response.Headers.Remove(Answers.VersionHeader);
    }
}
