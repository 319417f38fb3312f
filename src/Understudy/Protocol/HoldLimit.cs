namespace Understudy.Protocol;

/// <summary>Why a gateway refuses a request that a service might have answered.</summary>
internal enum HoldLimit
{
    /// <summary>Its service has as many requests as it may.</summary>
    Requests,

    /// <summary>Its service's requests have as many bytes as they may.</summary>
    Bytes,

    /// <summary>The requests of all services take as much of the node's memory as they may.</summary>
    Memory,

    /// <summary>It has waited as long as it may.</summary>
    Time,
}
