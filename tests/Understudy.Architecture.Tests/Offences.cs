namespace Understudy.Architecture.Tests;

internal static class Offences
{
    /// <summary>Fails with all of them, one a line: a rule is repaired in one go.</summary>
    public static void None(IEnumerable<string> offences)
    {
        var all = offences.ToArray();
        if (all.Length > 0) Assert.Fail(string.Join('\n', all));
    }
}
