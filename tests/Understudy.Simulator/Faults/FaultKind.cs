namespace Understudy.Simulator.Faults;

/// <summary>Everything that can go wrong in a simulated cluster.</summary>
public enum FaultKind
{
    /// <summary>A process dies; its peers' channels break at once.</summary>
    Crash,

    /// <summary>A process dies and is back before anybody has taken it out of the view.</summary>
    QuickRestart,

    /// <summary>A machine loses power: nobody is told.</summary>
    PowerLossOne,

    /// <summary>Several machines lose power at one moment.</summary>
    PowerLossSome,

    /// <summary>Every machine loses power.</summary>
    PowerLossAll,

    /// <summary>A process stands still for a while; its clock runs on.</summary>
    Pause,

    /// <summary>A machine stands still, and its clock with it.</summary>
    ClockStop,

    /// <summary>One direction of one link is cut.</summary>
    OneWayCut,

    /// <summary>Both directions of one link are cut.</summary>
    LinkCut,

    /// <summary>One node is cut off from all others.</summary>
    Isolation,

    /// <summary>The nodes fall into two groups.</summary>
    Partition,

    /// <summary>Directions of links, drawn one by one, are cut.</summary>
    RandomCuts,

    /// <summary>The groups are separate but for one node that reaches all.</summary>
    Bridge,

    /// <summary>A channel breaks although both ends live.</summary>
    ChannelReset,

    /// <summary>A live node is said not to answer a probe, and its channel breaks.</summary>
    FalseSuspicion,

    /// <summary>A node's messages vanish for a while.</summary>
    Mute,

    /// <summary>A node's heartbeats vanish for a while, its other messages do not.</summary>
    HeartbeatsLost,

    /// <summary>A node's disk takes much longer to flush for a while.</summary>
    SlowDisk,

    /// <summary>A flush hangs for long.</summary>
    FlushStall,

    /// <summary>Every node that is in sync for a service dies while a quorum goes on, and is back much later.</summary>
    InSyncLost,

    /// <summary>A node is asked to stop in order, and started again.</summary>
    OrderlyStop,

    /// <summary>A message was lost on a channel that stayed up.</summary>
    MessageLost,

    /// <summary>A message was delivered twice.</summary>
    MessageDuplicated,

    /// <summary>A message overtook another of its channel.</summary>
    MessageReordered,

    /// <summary>A message took much longer than others.</summary>
    MessageDelayed,

    /// <summary>A crash lost writes that were not flushed.</summary>
    WritesLost,

    /// <summary>A crash kept some of the writes that waited for a flush and lost the later ones.</summary>
    WritesTorn,

    /// <summary>A client sent one request to two nodes at once.</summary>
    RequestSentTwice,

    /// <summary>A client went away while its request was held.</summary>
    RequestAbandoned,

    /// <summary>A request came after its key might have been forgotten.</summary>
    KeyOutlived,

    /// <summary>A TCP connection was closed before it had reached a backend.</summary>
    ConnectionRefused,

    /// <summary>A spliced TCP connection was reset.</summary>
    ConnectionReset,

    /// <summary>A request for a service's own program was told that nobody took it.</summary>
    ForwardRefused,

    /// <summary>A request was taken back from a service's own program.</summary>
    ForwardCut,

    /// <summary>A request for a service's own program was told that its outcome is not known.</summary>
    ForwardUnknown,

    /// <summary>A service's code hung for a while.</summary>
    ServiceStalled,

    /// <summary>A service's code threw.</summary>
    ServiceThrew,

    /// <summary>A provider was marked joining; its process dies and is back at once.</summary>
    JoinerRestart,

    /// <summary>
    /// A service's in-sync providers are cut off from a majority that notices at once: when another is marked joining,
    /// or when there is but one.
    /// </summary>
    InSyncCutOff,

    /// <summary>A live primary that is alone in sync is evicted, and not everybody hears of it.</summary>
    FalseEviction,

    /// <summary>A view is being decided, and for a while some nodes do not hear which.</summary>
    DecisionsLost,

    /// <summary>A provider is marked joining, and for a while the service's providers hear nothing of the RM.</summary>
    OrdersLost,

    /// <summary>
    /// The RM's primary dies and is back at once; so does another voter just after the next one has won, who hears of
    /// the view that follows only later.
    /// </summary>
    WinnerUninformed,

    /// <summary>The RM's primary dies when a command reaches it: before or after its decision is committed.</summary>
    RmLostOnCommand,

    /// <summary>The RM's primary dies when it has decided that a provider is brought up.</summary>
    RmLostInBringUp,

    /// <summary>The RM's primary dies when it has frozen a service for a switchover, or while that drains.</summary>
    RmLostInFreeze,

    /// <summary>The RM's primary dies when it has ended a switchover: promoted the target, or given it up.</summary>
    RmLostInPromotion,

    /// <summary>The RM's primary dies when it has drained a node.</summary>
    RmLostInDrain,

    /// <summary>The RM's primary dies when it has excluded a provider.</summary>
    RmLostInRemoval,

    /// <summary>The RM's primary dies when a service is to be recovered, or has begun a new lineage.</summary>
    RmLostInRecovery,

    /// <summary>The RM's primary dies when it has asked for an audit.</summary>
    RmLostInAudit,

    /// <summary>The RM's primary dies at a step of its own switchover.</summary>
    RmLostInItsMove,

    /// <summary>Not the RM dies at such a step, but the node that it concerns.</summary>
    PartnerLost,

    /// <summary>An operator gave a command.</summary>
    CommandGiven,

    /// <summary>A worker failed.</summary>
    WorkerFailed,

    /// <summary>A worker ignored that it was told to stop.</summary>
    WorkerStubborn,

    /// <summary>The kernel killed a process whose worker had not ended when the lease did.</summary>
    WorkerKilled,

    /// <summary>A secondary's state becomes another than it was, in a part that no client reads.</summary>
    StateDamaged,

    /// <summary>What a disk holds of a service is damaged while its node is down; another in-sync one is not.</summary>
    RecordDamaged,

    /// <summary>A client's stream of the service map broke.</summary>
    StreamBroken,

    /// <summary>A client had heard of a newer version than the node that it asked, and waited at the gate.</summary>
    RequestAtGate,

    /// <summary>A client that asked for the primary itself was told that it is elsewhere.</summary>
    RequestMoved,

    /// <summary>A client left a node without an answer since it heard that the primary is elsewhere.</summary>
    RequestLeft,

    /// <summary>A node asked its next incarnation for a request that the one before had not answered.</summary>
    RequestSentOn,

    /// <summary>An answer outside turns was cut, as its primary was none any more.</summary>
    AnswerCut,

    /// <summary>One began that its client had waited for since before its primary was none any more.</summary>
    AnswerLate,

    /// <summary>One that had begun went on after a planned move.</summary>
    AnswerDrains,
}
