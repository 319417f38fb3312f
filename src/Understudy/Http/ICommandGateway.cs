using Understudy.Replication;

namespace Understudy.Http;

/// <summary>
/// Carries operators' commands to the replica manager, wherever it is, and holds them while there is none.
/// </summary>
public interface ICommandGateway
{
    /// <summary>Gives a command, and returns how it was taken. Never throws for that.</summary>
    /// <param name="command">What is asked for.</param>
    /// <param name="idempotencyKey">
    /// The operator's own id of the command, or null: the same command under the same key is carried out once.
    /// </param>
    /// <param name="cancellationToken">Stops waiting. The command may still be carried out.</param>
    /// <exception cref="OperationCanceledException">The operator has gone.</exception>
    ValueTask<CommandAnswer> CommandAsync(
        OperatorCommand command, string? idempotencyKey, CancellationToken cancellationToken);
}
