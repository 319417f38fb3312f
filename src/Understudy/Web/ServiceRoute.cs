using Microsoft.AspNetCore.Http;
using Understudy.Kernel;

namespace Understudy.Web;

/// <summary>A request to a service that is built on the library, and how it is handled here.</summary>
/// <param name="Service">The service.</param>
/// <param name="Target">Path and query as the application knows them, encoded.</param>
/// <param name="MayBeInTurn">Whether it may be handled in a turn of the service; false if it is not known to.</param>
/// <param name="RunHereAsync">
/// Runs the endpoint on this node. False if it found that the node is not primary any more, and answered nothing.
/// </param>
internal sealed record ServiceRoute(
    ServiceName Service, string Target, bool MayBeInTurn, Func<HttpContext, Task<bool>> RunHereAsync);
