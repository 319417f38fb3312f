namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>A change to a program that knows no keys was cut, and answered by 502, though no fault was made.</summary>
/// <param name="Client">Who asked for it.</param>
/// <param name="AskedAt">When.</param>
/// <param name="CutAt">When it was told.</param>
/// <param name="Message">What it was told.</param>
internal sealed record StormCut(string Client, DateTime AskedAt, DateTime CutAt, string Message);
