using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;

namespace Understudy.Protocol;

/// <summary>What a node knows of where TCP connections and requests for a service's own program go.</summary>
internal sealed record BackendRoute
{
    /// <summary>Nothing is known: before the first turn of an incarnation.</summary>
    public static readonly BackendRoute None = new();

    /// <summary>Whether it is known that there is no such service.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>Whose backend they belong to; null while there is none.</summary>
    public MemberId? Primary { get; init; }

    /// <summary>The version of the service's configuration; none while it is not known.</summary>
    public ConfigurationVersion Version { get; init; }

    /// <summary>Whether new ones wait, as the service is frozen or stopped.</summary>
    public bool IsFrozen { get; init; }

    /// <summary>Whether the last primary, if it was another, was moved while its node was a member.</summary>
    public bool IsPlanned { get; init; }

    /// <summary>The view in which the node knows this; null while it is in none.</summary>
    public View? View { get; init; }

    /// <summary>Until when this node may act for the cluster, on the clock that the core is given.</summary>
    public TimeSpan Until { get; init; }

    /// <param name="service">The service.</param>
    /// <param name="status">What the node published; null if its incarnation has ended.</param>
    /// <param name="began">When that began, on the clock that the core is given.</param>
    /// <param name="mutations">Rules that are switched off, in tests.</param>
    public static BackendRoute Of(
        ServiceName service, NodeStatus? status, TimeSpan began, Mutation mutations = Mutation.None)
    {
        if (status is null) return None;
        var entry = status.Map.Find(service);
        var view = status.IsMember ? status.View : null;

        // Who has left the view is not primary any more, even while the RM decides who is.
        var primary = entry?.Configuration.Primary is { } named && view?.Contains(named) == true
            ? named
            : (MemberId?)null;
        var times = (mutations & Mutation.LeaseEndCountedTwice) == 0 ? 1 : 2;
        return new BackendRoute
        {
            IsUnknown = status.Map.IsDecided && entry is null,
            Primary = primary,
            Version = entry?.Configuration.Version ?? ConfigurationVersion.None,
            IsFrozen = entry is { IsFrozen: true } or { IsStopped: true },
            IsPlanned = entry is { Configuration.IsPlanned: true },
            View = view,
            Until = began + (status.LeaseUntil * times),
        };
    }
}
