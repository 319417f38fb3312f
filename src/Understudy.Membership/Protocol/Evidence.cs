using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>Why a member is believed to be gone, strongest first (agreement.md 2.3).</summary>
public enum EvidenceClass
{
    /// <summary>E0: the member left in order, its lease released. One source decides.</summary>
    Left = 0,

    /// <summary>
    /// E1: its channel broke and no handshake from the same incarnation answers, or a newer one does.
    /// </summary>
    Broken = 1,

    /// <summary>E2: it has been silent for longer than the profile allows.</summary>
    Silent = 2,

    /// <summary>E3: its heartbeats arrive, but its work does not progress.</summary>
    Stuck = 3,
}

/// <summary>What one voter holds against one member.</summary>
public sealed record Accusation(MemberId Subject, EvidenceClass Evidence);
