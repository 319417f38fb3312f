namespace Understudy.Workers;

/// <summary>Kills this process at a set time, whatever the process does then.</summary>
internal interface IKillTimer
{
    /// <summary>Sets the time, on the clock that it was made with; null switches it off.</summary>
    void SetAt(TimeSpan? at);
}
