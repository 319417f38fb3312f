namespace Understudy;

/// <summary>A transaction's changes take more bytes than are allowed. Everything it did is undone.</summary>
/// <param name="message">What was too large, and the limit.</param>
/// <example>
/// <code>
/// catch (TransactionTooLargeException) { return Results.StatusCode(413); }
/// </code>
/// </example>
public sealed class TransactionTooLargeException(string message) : InvalidOperationException(message);
