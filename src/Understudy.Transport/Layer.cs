namespace Understudy.Transport;

/// <summary>Whose bytes a frame carries.</summary>
public enum Layer : byte
{
    /// <summary>Handshakes and refusals, between transports.</summary>
    Transport = 0,

    /// <summary>CMM.</summary>
    Membership = 1,

    /// <summary>RMM.</summary>
    Selection = 2,

    /// <summary>RM: control messages.</summary>
    Replication = 3,

    /// <summary>Checkpoints, snapshots and clients' requests: a fixed header and opaque bytes.</summary>
    Checkpoint = 4,
}
