namespace Understudy.Replication;

/// <summary>How a command was taken.</summary>
public enum CommandOutcome
{
    /// <summary>What it asks for is so.</summary>
    Done = 0,

    /// <summary>It will be done; the text says what happens next.</summary>
    Accepted = 1,

    /// <summary>It is not done; the text says why, and what to do.</summary>
    Refused = 2,

    /// <summary>No RM answered in time: it may be done or not. Give it again under the same key.</summary>
    Unavailable = 3,
}

/// <summary>What an operator is told.</summary>
public sealed record CommandAnswer(CommandOutcome Outcome, string Text)
{
    public static CommandAnswer Done(string text) => new(CommandOutcome.Done, text);

    public static CommandAnswer Accepted(string text) => new(CommandOutcome.Accepted, text);

    public static CommandAnswer Refused(string text) => new(CommandOutcome.Refused, text);
}
