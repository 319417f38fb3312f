namespace Understudy.Web;

/// <summary>Of an endpoint: the service at whose primary it runs.</summary>
internal sealed record ServiceMetadata(string Service);

/// <summary>Of an endpoint: it runs at the primary, and not in the service's turns.</summary>
internal sealed record OutsideTurnsMetadata;
