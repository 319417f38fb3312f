namespace Understudy.Tests.Collections;

/// <summary>One thing that a generated transaction does.</summary>
internal sealed record Step(int Kind, int Key, int Value);
