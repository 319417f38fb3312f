namespace Understudy;

/// <summary>
/// A checkpoint or snapshot cannot be taken: its bytes are damaged, its format is unknown, or it does not fit the
/// collections that were declared. The state is as it was before.
/// </summary>
/// <param name="message">What was refused, why, and what to do.</param>
/// <param name="because">What a serializer threw, if one did.</param>
/// <example>
/// <code>
/// catch (StateRefusedException e) { logger.LogError(e, "This node cannot take part: {Reason}", e.Message); }
/// </code>
/// </example>
public sealed class StateRefusedException(string message, Exception? because = null) : Exception(message, because);
