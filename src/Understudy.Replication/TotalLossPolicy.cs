namespace Understudy.Replication;

/// <summary>What happens when no in-sync provider of a service is left.</summary>
public enum TotalLossPolicy
{
    /// <summary>The service waits for one of their disks, or for an operator's word.</summary>
    Wait = 0,

    /// <summary>The service begins again, empty: for state that can be made anew.</summary>
    StartEmpty = 1,
}
