using Understudy.Protocol;

namespace Understudy.Web;

/// <summary>What a node has published, for whoever watches over its services' answers.</summary>
/// <param name="Number">Counts what was published.</param>
/// <param name="Status">Null if the node's incarnation has ended.</param>
/// <param name="StartedAt">The timestamp from which its incarnation counts time.</param>
internal sealed record AnswersKnown(long Number, NodeStatus? Status, long StartedAt);
