using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Http;

/// <summary>
/// A request that a gateway counts, from before its body is read until it is answered; or the refusal of one.
/// </summary>
internal sealed class Admission : IDisposable
{
    private readonly Admissions? _all;

    /// <param name="all">Who counts it.</param>
    /// <param name="service">The service that was asked for.</param>
    /// <param name="counted">The requests among which it counts.</param>
    public Admission(Admissions all, ServiceName service, AdmittedRequests counted) =>
        (_all, Service, Counted, HoldFor) = (all, service, counted, counted.Bounds.Time);

    /// <param name="service">The service that was asked for.</param>
    /// <param name="refusal">What its client is told.</param>
    public Admission(ServiceName service, Reply refusal) => (Service, Refusal) = (service, refusal);

    public ServiceName Service { get; }

    /// <summary>What its client is told, if it was refused, or one of its bytes was.</summary>
    public Reply? Refusal { get; set; }

    /// <summary>The requests among which it counts; null if it does not, or no more.</summary>
    public AdmittedRequests? Counted { get; set; }

    /// <summary>How many bytes of its body are counted.</summary>
    public long Bytes { get; set; }

    /// <summary>How long it may wait for its answer.</summary>
    public TimeSpan HoldFor { get; }

    /// <summary>Counts its body as at least so long. False if that is too much: then it is refused.</summary>
    public bool TryReach(long bytes) => _all is not null && Refusal is null && _all.TryReach(this, bytes);

    /// <summary>It is answered, or is no more.</summary>
    public void Dispose() => _all?.Release(this);
}
