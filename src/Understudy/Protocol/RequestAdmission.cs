using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>
/// Decides which requests a gateway takes. Each service is bounded by itself, so that one that is down uses up no
/// other's places; all together are bounded by the node's memory.
/// </summary>
/// <param name="maxMemory">How many bytes the requests of all services may take.</param>
/// <param name="boundsOf">What each service is granted.</param>
/// <param name="isKnown">Whether there is such a service, as far as the node knows.</param>
internal sealed class RequestAdmission(
    long maxMemory, Func<ServiceName, HoldBounds> boundsOf, Func<ServiceName, bool> isKnown)
{
    /// <summary>What a request takes beside its body: its connection, and what is written down of it.</summary>
    public const int Overhead = 8 * 1024;

    /// <summary>Stands for all that are no services: whoever asks for one must not add to what is counted.</summary>
    public static readonly ServiceName Unknown = new("~unknown");

    private readonly SortedDictionary<ServiceName, AdmittedRequests> _services = [];
    private long _memory;

    /// <summary>How many bytes the requests of all services may take.</summary>
    public long MaxMemory => maxMemory;

    /// <summary>How many requests of all services are not answered.</summary>
    public int Count { get; private set; }

    /// <summary>Every service that requests came for, in the order of names.</summary>
    public IEnumerable<AdmittedRequests> Services => _services.Values;

    public AdmittedRequests Of(ServiceName name)
    {
        if (_services.TryGetValue(name, out var known)) return known;
        if (name != Unknown && !isKnown(name)) return Of(Unknown);
        return _services[name] = new AdmittedRequests(name, boundsOf(name));
    }

    /// <summary>One more request, without its body; or why there may not be one.</summary>
    public HoldLimit? Enter(AdmittedRequests service)
    {
        if (service.Count >= service.Bounds.MaxRequests) return HoldLimit.Requests;
        if (_memory + Overhead > maxMemory) return HoldLimit.Memory;
        service.Count++;
        Count++;
        _memory += Overhead;
        return null;
    }

    /// <summary>So many bytes more of a request that has entered; or why there may not be so many.</summary>
    public HoldLimit? Grow(AdmittedRequests service, long more)
    {
        if (service.Bytes + more > service.Bounds.MaxBytes) return HoldLimit.Bytes;
        if (_memory + more > maxMemory) return HoldLimit.Memory;
        service.Bytes += more;
        _memory += more;
        return null;
    }

    /// <summary>A request that had entered, and grown to so many bytes, was answered or is no more.</summary>
    public void Leave(AdmittedRequests service, long bytes)
    {
        Invariant.Holds(service.Count > 0, "Who leaves has entered");
        Invariant.Holds(service.Bytes >= bytes, "Who leaves gives back what it took");
        service.Count--;
        Count--;
        service.Bytes -= bytes;
        _memory -= Overhead + bytes;
    }
}
