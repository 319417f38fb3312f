namespace Understudy.Cli.Demo;

/// <summary>The demo cannot go on; the message says why, for the user.</summary>
internal sealed class DemoFailedException(string message) : Exception(message);
