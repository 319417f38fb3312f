namespace Understudy.Contracts;

/// <summary>How a command was taken that was not refused.</summary>
/// <param name="Outcome">One of <see cref="CommandOutcomes"/>.</param>
/// <param name="Text">The same for people: what is so, or what happens next.</param>
public sealed record CommandAnswerDocument(string Outcome, string Text);

/// <summary>How a command can be taken: <see cref="CommandAnswerDocument.Outcome"/>.</summary>
public static class CommandOutcomes
{
    /// <summary>What it asks for is so.</summary>
    public const string Done = "done";

    /// <summary>It will be done. The status shows how far it is.</summary>
    public const string Accepted = "accepted";
}
