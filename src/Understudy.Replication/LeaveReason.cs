using System.Globalization;

namespace Understudy.Replication;

/// <summary>What made a provider leave an in-sync set.</summary>
public enum LeaveCause
{
    /// <summary>It had not answered for so long, in units of 100 ns.</summary>
    Silent = 0,

    /// <summary>It lacked a checkpoint that was so old, in units of 100 ns.</summary>
    BehindTime = 1,

    /// <summary>It lacked so many bytes of checkpoints.</summary>
    BehindBytes = 2,

    /// <summary>Its state at this checkpoint was another than the primary's: an audit found it.</summary>
    StateDiffered = 3,

    /// <summary>What its disk holds of the service is damaged.</summary>
    RecordDamaged = 4,

    /// <summary>Its program does not know the format of the service's checkpoints or of its snapshot.</summary>
    FormatUnknown = 5,
}

/// <summary>Why a provider left an in-sync set. <see cref="ToString"/> gives it in words.</summary>
/// <param name="Cause">What it was.</param>
/// <param name="Amount">How much, in the unit of the cause.</param>
/// <param name="Detail">More of it, in words; at most 200 characters.</param>
public sealed record LeaveReason(LeaveCause Cause, long Amount, string Detail = "")
{
    /// <summary>Whether the copy is worth nothing: it does not count as in sync, whatever is written of it.</summary>
    public bool IsCopyVoid => Cause is LeaveCause.StateDiffered or LeaveCause.RecordDamaged;

    public override string ToString() => Cause switch
    {
        LeaveCause.Silent => $"it had not answered for {Seconds}",
        LeaveCause.BehindTime => $"it was {Seconds} behind",
        LeaveCause.BehindBytes => $"it was {Amount >> 20} MB behind",
        LeaveCause.StateDiffered => $"its state was another than the primary's at checkpoint {Amount}",
        LeaveCause.FormatUnknown => Detail,
        LeaveCause.RecordDamaged => $"its copy is damaged: {Detail}",
        _ => throw new System.Diagnostics.UnreachableException($"Unknown cause {Cause}."),
    };

    private string Seconds =>
        string.Create(CultureInfo.InvariantCulture, $"{new TimeSpan(Amount).TotalSeconds:0.0} s");
}
