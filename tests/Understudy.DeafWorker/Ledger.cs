namespace Understudy.DeafWorker;

/// <summary>Where the worker writes.</summary>
internal sealed record Ledger(string Path);
