namespace Understudy.Streams;

/// <summary>A service whose state does not matter.</summary>
internal sealed class Feed() : ReplicatedStateService(new ReplicatedState());
