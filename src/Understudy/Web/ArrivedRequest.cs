namespace Understudy.Web;

/// <summary>Of a request that did not come by the application's own listener.</summary>
internal sealed record ArrivedRequest(string Service, bool IsInTurn)
{
    /// <summary>Its endpoint is not to run in turns.</summary>
    public bool IsDeclined { get; set; }

    /// <summary>Its endpoint found that the node is not primary any more.</summary>
    public bool HasMoved { get; set; }
}
