namespace Understudy.Kernel;

/// <summary>
/// A rule of safety, switched off. Only tests can say one (see Node's internal constructor): the simulator must catch
/// each by a named checker, or the rule is not proven to be needed.
/// </summary>
[Flags]
public enum Mutation : long
{
    None = 0,
    NoSeal = 1 << 0,
    NoVersionOnDisqualify = 1 << 1,
    WinWithoutEveryYield = 1 << 2,
    NoIncarnation = 1 << 3,
    PromiseBeforeFlush = 1 << 4,
    CommitWithoutAllInSync = 1 << 5,
    JoiningCanWin = 1 << 6,
    NoTombstone = 1 << 7,
    NoCurrencyCheck = 1 << 8,
    CurrencyAfterAccept = 1 << 9,
    NoLeaseFence = 1 << 10,
    LonePrimaryWithoutQuorum = 1 << 11,
    PrimaryEpochOutsideInSync = 1 << 12,
    VersionIgnoresIncarnation = 1 << 13,
    ReadsSkipJoining = 1 << 14,
    JoiningMarkOutlivesIncarnation = 1 << 15,
    ReadUncommitted = 1 << 16,
    NoRepeatedYield = 1 << 17,
    JoiningNotAcked = 1 << 18,
    ReplyApartFromEffect = 1 << 19,
    NoRmGeneration = 1 << 20,
    GroupMovedInParts = 1 << 21,
    InSyncShrinksWithoutConfigurationChange = 1 << 22,
    AuditIgnored = 1 << 23,
    RollbackForgotten = 1 << 24,
    OfferAcceptedInOlderVersion = 1 << 25,
    VoidCopyLeads = 1 << 26,
    LineageIgnored = 1 << 27,
    MinInSyncIgnored = 1 << 28,
    PreferenceOutlivesIncarnation = 1L << 30,
    LossUnbounded = 1L << 41,
    WorkerBeforeFence = 1L << 31,
    WorkerBeforeEnded = 1L << 32,
    WorkerOutlivesLease = 1L << 33,
    OrderOnAnyMap = 1L << 40,
    KeyForgottenApart = 1L << 50,
    ClocksCompared = 1L << 51,
    TcpOpenAtLeaseEnd = 1L << 52,
    TcpOpenWhenMoved = 1L << 53,
    TcpOvertakes = 1L << 54,
    TcpHeldForEver = 1L << 55,
}
