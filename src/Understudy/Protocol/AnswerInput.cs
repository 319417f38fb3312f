using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>What happened to the answers of one service that are under way on this node.</summary>
internal abstract record AnswerInput
{
    private AnswerInput()
    {
    }

    /// <summary>Time has passed.</summary>
    public sealed record Tick : AnswerInput
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>The node knows something new, or its lease lasts longer.</summary>
    public sealed record Learned(BackendRoute Route) : AnswerInput;

    /// <summary>A primary is asked, here or elsewhere.</summary>
    /// <param name="Answer">The answer's number.</param>
    /// <param name="Node">The node of the primary.</param>
    /// <param name="Version">The configuration by which it is primary.</param>
    /// <param name="MayBeLeft">
    /// Whether the next primary can be asked instead, at once, as long as the answer has not begun.
    /// </param>
    public sealed record Asked(long Answer, NodeId Node, ConfigurationVersion Version, bool MayBeLeft) : AnswerInput;

    /// <summary>The answer begins: the client is given the first of it.</summary>
    public sealed record Begun(long Answer) : AnswerInput;

    /// <summary>The answer is whole, or there will be none.</summary>
    public sealed record Ended(long Answer) : AnswerInput;
}
