namespace Understudy.EndToEnd.Tests;

/// <summary>
/// Hostile clients come in small numbers, and all nodes are killed a few times, so that the whole test command stays
/// short; with UNDERSTUDY_HEAVY=1 it is many.
/// </summary>
internal static class Heavy
{
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("UNDERSTUDY_HEAVY") == "1";

    /// <summary>One number or the other.</summary>
    public static int Of(int usual, int heavy) => IsOn ? heavy : usual;

    /// <summary>Prints what was measured.</summary>
    public static void Say(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (IsOn) Console.WriteLine($"{TestContext.Current.TestMethod?.MethodName}: {line}");
    }
}
