using System.Runtime.ExceptionServices;

namespace Understudy;

/// <summary>What became of a function that changed or read a state, before it is known to be committed.</summary>
/// <param name="Term">In which it was executed.</param>
/// <param name="Position">How many transactions it saw, itself included.</param>
/// <param name="Commit">Completes when its checkpoint is committed; null if it changed nothing.</param>
/// <param name="Result">What the function returned.</param>
/// <param name="Failure">What it threw.</param>
internal readonly record struct Executed<TResult>(
    PrimaryTerm Term, long Position, ValueTask<long>? Commit, TResult Result, ExceptionDispatchInfo? Failure)
{
    /// <summary>Waits until it may be told to the one who asked: nothing that it rests on can be lost any more.</summary>
    public ValueTask SettledAsync(CancellationToken cancellationToken) => Commit is { } commit
        ? Term.CommittedAsync(commit, Position, cancellationToken)
        : Term.ConfirmedAsync(Position, cancellationToken);
}
