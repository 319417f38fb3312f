namespace Understudy.Protocol;

/// <summary>What one node grants the requests of one service.</summary>
/// <param name="MaxRequests">How many may be unanswered.</param>
/// <param name="MaxBytes">How many bytes their bodies may have, those that are being read among them.</param>
/// <param name="Time">How long one may wait for its answer.</param>
internal sealed record HoldBounds(int MaxRequests, long MaxBytes, TimeSpan Time);
