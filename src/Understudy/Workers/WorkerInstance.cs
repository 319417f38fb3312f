using Microsoft.Extensions.Hosting;

namespace Understudy.Workers;

/// <summary>A worker's code for one run.</summary>
/// <param name="Code">The worker.</param>
/// <param name="Scope">What it was made from, disposed of after it.</param>
internal sealed record WorkerInstance(BackgroundService Code, IAsyncDisposable? Scope);
