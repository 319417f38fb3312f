using Understudy.Kernel;

namespace Understudy.Http.Protocol;

/// <summary>What becomes of a request at a node's door.</summary>
internal enum GateVerdict
{
    /// <summary>It is answered here, or forwarded.</summary>
    Admitted,

    /// <summary>It waits until the node hears of what the client knows.</summary>
    Waits,

    /// <summary>The node has not heard of it in time: the client asks another.</summary>
    NotHeardOf,

    /// <summary>It is for the primary itself, which is not here.</summary>
    Moved,
}

/// <summary>
/// Decides what every request for a service passes: a client that has heard of a newer version than this node waits
/// until the node has, so that no client goes back in time by asking another node; and one that wants the primary
/// itself is told where it is now.
/// </summary>
internal static class GateRule
{
    /// <summary>
    /// How long a client waits for this node to hear of the version that the client knows, or of any service.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <param name="asked">The version that the client sent along, or null.</param>
    /// <param name="known">The version that this node has heard of.</param>
    /// <param name="isMisled">Whether the client wants the primary itself, and that is not here.</param>
    /// <param name="waited">How long the request has waited.</param>
    /// <param name="mutations">Rules that the simulator switches off.</param>
    public static GateVerdict Of(
        ConfigurationVersion? asked,
        ConfigurationVersion known,
        bool isMisled,
        TimeSpan waited,
        Mutation mutations = Mutation.None)
    {
        if (asked > known && (mutations & Mutation.NoVersionCheck) == 0)
            return waited < Patience ? GateVerdict.Waits : GateVerdict.NotHeardOf;
        return isMisled ? GateVerdict.Moved : GateVerdict.Admitted;
    }
}
