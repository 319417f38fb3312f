using Understudy.Contracts;
using Understudy.Replication;

namespace Understudy;

/// <summary>
/// Operates the cluster from code: what <c>understudy switchover</c>, <c>node drain</c> and the others do. Inject it
/// beside <see cref="IUnderstudyNode"/>. May be used from any thread once the node has started, on any node.
/// </summary>
public interface IUnderstudyAdmin
{
    /// <summary>
    /// Gives the replica manager a command, wherever it is, and waits while there is none (5 s with <c>lan</c>).
    /// </summary>
    /// <param name="command">What is asked for, such as <see cref="OperatorCommand.Switchover"/>.</param>
    /// <param name="idempotencyKey">
    /// Your own name of the command, of 1 to 256 characters: given again, to any node, it is carried out once and
    /// answered the same. Without one the command gets its own.
    /// </param>
    /// <param name="cancellationToken">Stops waiting. The command may still be carried out.</param>
    /// <returns>
    /// How it was taken, with a text for people. <see cref="CommandOutcome.Accepted"/> means that it will be done:
    /// <see cref="IUnderstudyNode.Status"/> shows how far it is. Refusals are answers, not exceptions.
    /// </returns>
    /// <exception cref="OperationCanceledException">You stopped waiting.</exception>
    /// <exception cref="InvalidOperationException">The node has not been started yet.</exception>
    /// <example>
    /// <code>
    /// public sealed class Maintenance(IUnderstudyNode node, IUnderstudyAdmin admin)
    /// {
    ///     public async Task MakeRoomAsync(CancellationToken cancellationToken)
    ///     {
    ///         var drain = new OperatorCommand.Drain(new NodeId(node.Node));
    ///         var answer = await admin.CommandAsync(drain, cancellationToken: cancellationToken);
    ///         if (answer.Outcome is CommandOutcome.Refused or CommandOutcome.Unavailable)
    ///             throw new InvalidOperationException(answer.Text);
    ///     }
    /// }
    /// </code>
    /// </example>
    ValueTask<CommandAnswer> CommandAsync(
        OperatorCommand command, string? idempotencyKey = null, CancellationToken cancellationToken = default);

    /// <summary>What replica managers decided lately, the oldest first.</summary>
    /// <param name="service">Only changes of this service, or null for all.</param>
    /// <returns>The same document as <c>/api/v1/history</c>, or null on a node that does not vote.</returns>
    /// <exception cref="InvalidOperationException">The node has not been started yet.</exception>
    HistoryDocument? History(string? service = null);
}
