namespace Understudy.Cli.Demo;

/// <summary>What a round does to the cluster.</summary>
internal enum Fault
{
    /// <summary>SIGKILL to the primary's process.</summary>
    Kill,

    /// <summary>SIGKILL to a secondary's process.</summary>
    KillSecondary,

    /// <summary>SIGSTOP to the primary's process for longer than silence is forgiven, then SIGCONT.</summary>
    Hang,

    /// <summary>SIGTERM to the primary's process: it hands over and leaves.</summary>
    Restart,

    /// <summary>Each of the others in turn.</summary>
    Mixed,
}

/// <summary>The names of faults on the command line and in what the demo says.</summary>
internal static class Faults
{
    public static string[] Names { get; } = ["kill", "kill-secondary", "hang", "restart", "mixed"];

    private static readonly Fault[] Rotation = [Fault.Kill, Fault.KillSecondary, Fault.Hang, Fault.Restart];

    public static Fault Parse(string name) => (Fault)Array.IndexOf(Names, name);

    /// <summary>The fault of a round, counted from 0.</summary>
    public static Fault Of(this Fault chosen, int round) =>
        chosen == Fault.Mixed ? Rotation[round % Rotation.Length] : chosen;

    /// <summary>Whether the primary is struck.</summary>
    public static bool StrikesPrimary(this Fault fault) => fault != Fault.KillSecondary;

    /// <summary>What is done, for people.</summary>
    public static string Describe(this Fault fault) => fault switch
    {
        Fault.Kill or Fault.KillSecondary => "kill -9",
        Fault.Hang => "stop (SIGSTOP)",
        Fault.Restart => "ask to leave (SIGTERM)",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
