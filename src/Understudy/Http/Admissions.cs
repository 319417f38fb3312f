using System.Diagnostics;
using System.Globalization;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Http;

/// <summary>Admits requests, on whichever thread they come, as <see cref="RequestAdmission"/> decides.</summary>
/// <param name="admission">Decides.</param>
/// <param name="onRefused">Is told of each refusal.</param>
internal sealed class Admissions(RequestAdmission admission, Action<ServiceName, HoldLimit> onRefused)
{
    private readonly Lock _gate = new();

    /// <summary>How many requests are not answered.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return admission.Count;
        }
    }

    /// <summary>What is counted of each service that requests came for.</summary>
    /// <param name="waiting">How long each request has waited that does.</param>
    public IReadOnlyList<RequestsStatus> Status(IEnumerable<(ServiceName Service, TimeSpan Waited)> waiting)
    {
        Dictionary<ServiceName, TimeSpan> longest = [];
        foreach (var (service, waited) in waiting)
        {
            if (waited > longest.GetValueOrDefault(service)) longest[service] = waited;
        }

        lock (_gate)
        {
            return
            [
                .. admission.Services.Select(service => new RequestsStatus
                {
                    Service = service.Service.Value,
                    Waiting = service.Count,
                    Bytes = service.Bytes,
                    LongestSeconds = Math.Round(longest.GetValueOrDefault(service.Service).TotalSeconds, 3),
                    Refused = service.Refused,
                    MaxWaiting = service.Bounds.MaxRequests,
                    MaxBytes = service.Bounds.MaxBytes,
                    MaxSeconds = service.Bounds.Time.TotalSeconds,
                }),
            ];
        }
    }

    /// <summary>A request has come. Whoever asks disposes of what this gives, or has it sent.</summary>
    public Admission Admit(ServiceName name)
    {
        AdmittedRequests service;
        HoldLimit? limit;
        lock (_gate)
        {
            service = admission.Of(name);
            limit = admission.Enter(service);
        }

        if (limit is { } reached) return new Admission(name, Refuse(name, service, reached));
        return new Admission(this, name, service);
    }

    /// <inheritdoc cref="Admission.TryReach"/>
    public bool TryReach(Admission admitted, long bytes)
    {
        AdmittedRequests service;
        HoldLimit? limit;
        lock (_gate)
        {
            if (admitted.Counted is null) return false;
            service = admitted.Counted;
            var more = Math.Max(0, bytes - admitted.Bytes);
            limit = admission.Grow(service, more);
            if (limit is null) admitted.Bytes += more;
        }

        if (limit is not { } reached) return true;
        admitted.Refusal = Refuse(admitted.Service, service, reached);
        return false;
    }

    /// <summary>The request is not counted any longer.</summary>
    public void Release(Admission admitted)
    {
        lock (_gate)
        {
            if (admitted.Counted is not { } service) return;
            admission.Leave(service, admitted.Bytes);
            admitted.Counted = null;
        }
    }

    /// <summary>A request was answered as unavailable, as it had waited as long as it may.</summary>
    public void Expired(ServiceName name)
    {
        AdmittedRequests service;
        lock (_gate) service = admission.Of(name);
        CountRefusal(service, HoldLimit.Time);
    }

    private Reply Refuse(ServiceName name, AdmittedRequests service, HoldLimit limit)
    {
        CountRefusal(service, limit);
        return Replies.Unavailable(Why(name, service.Bounds, limit));
    }

    private void CountRefusal(AdmittedRequests service, HoldLimit limit)
    {
        lock (_gate) service.Refused++;
        onRefused(service.Service, limit);
    }

    private string Why(ServiceName name, HoldBounds bounds, HoldLimit limit) => limit switch
    {
        HoldLimit.Requests => string.Create(
            CultureInfo.InvariantCulture,
            $"This node has {bounds.MaxRequests} unanswered requests for {name}, as many as it may: max-requests in "
            + $"[service.{name}.hold]. Try again."),
        HoldLimit.Bytes => string.Create(
            CultureInfo.InvariantCulture,
            $"This node's unanswered requests for {name} would have more than the {bounds.MaxBytes} bytes that they "
            + $"may: max-bytes in [service.{name}.hold]. Try again."),
        HoldLimit.Memory => string.Create(
            CultureInfo.InvariantCulture,
            $"This node's unanswered requests, for {name} and all other services, would take more than the "
            + $"{admission.MaxMemory} bytes of its memory that they may, a quarter. Try again, or another node. Bound "
            + $"services by [service.NAME.hold], or give the node more memory."),
        _ => throw new UnreachableException($"Unknown limit {limit}."),
    };
}
