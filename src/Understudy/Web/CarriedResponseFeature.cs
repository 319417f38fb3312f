using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Understudy.Web;

/// <summary>Takes an endpoint's answer, of which nothing leaves before it is whole.</summary>
internal sealed class CarriedResponseFeature : HttpResponseFeature
{
    /// <summary>The longest answer that is kept, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    private readonly MemoryStream _bytes;
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = new();
    private readonly Stack<(Func<object, Task> Callback, object State)> _completed = new();

    public CarriedResponseFeature(MemoryStream bytes)
    {
        _bytes = bytes;
        Body = new StreamResponseBodyFeature(bytes);
    }

    public new StreamResponseBodyFeature Body { get; }

    /// <summary>The answer of an endpoint that threw.</summary>
    public static CarriedResponse Failed(string service) => Problem(
        StatusCodes.Status500InternalServerError, $"The endpoint of {service} failed. The node's log says why.");

    public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

    public override void OnCompleted(Func<object, Task> callback, object state) => _completed.Push((callback, state));

    /// <summary>The whole answer.</summary>
    public async Task<CarriedResponse> CompleteAsync()
    {
        while (_starting.TryPop(out var next)) await next.Callback(next.State);
        await Body.Writer.FlushAsync();
        while (_completed.TryPop(out var next)) await next.Callback(next.State);
        if (_bytes.Length > MaxBytes)
        {
            return Problem(
                StatusCodes.Status500InternalServerError,
                $"The answer has {_bytes.Length} bytes; in a turn it may have {MaxBytes}. The change was made. Map the "
                + "endpoint with OutsideTurns(), or answer less.");
        }

        List<KeyValuePair<string, string>> headers = [];
        foreach (var (name, values) in Headers)
        {
            foreach (var value in values) headers.Add(new(name, value ?? ""));
        }

        return new CarriedResponse(StatusCode, headers, _bytes.ToArray());
    }

    private static CarriedResponse Problem(int status, string detail) => new(
        status,
        [new("Content-Type", Contracts.ProblemDocument.ContentType)],
        Http.Answers.Problem(status, detail));
}
