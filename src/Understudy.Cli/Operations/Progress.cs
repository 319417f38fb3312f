namespace Understudy.Cli.Operations;

/// <summary>How far an operation is.</summary>
/// <param name="Text">The same for people.</param>
internal abstract record Progress(string Text)
{
    /// <summary>It is done.</summary>
    public sealed record Done(string Text) : Progress(Text);

    /// <summary>It goes on; the text says what it waits for.</summary>
    public sealed record UnderWay(string Text) : Progress(Text);

    /// <summary>It is not in the status: its node has not heard of it yet, or it ended between two looks.</summary>
    public sealed record Unseen(string Text) : Progress(Text);

    /// <summary>It ended without being done.</summary>
    public sealed record GivenUp(string Text) : Progress(Text);
}
