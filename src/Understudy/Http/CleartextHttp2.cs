using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Understudy.Http;

/// <summary>
/// HTTP/2 without TLS on the port where others speak HTTP/1.1, for clients that begin with its preface (prior
/// knowledge, RFC 9113, 3.3), as gRPC clients do. Kestrel takes a connection for HTTP/2 if TLS has negotiated that; the
/// preface says the same here.
/// </summary>
internal static class CleartextHttp2
{
    private static readonly byte[] _preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8];

    /// <summary>
    /// Has an endpoint that listens without TLS take both. Costs one look at a connection's first bytes.
    /// </summary>
    /// <param name="listen">The endpoint.</param>
    /// <param name="clock">Ends connections on which nothing comes, as Kestrel would.</param>
    public static void Offer(ListenOptions listen, TimeProvider clock)
    {
        // The scheme that a client names is its own or its TLS proxy's; "http" is not what goes with our feature.
        listen.KestrelServerOptions.AllowAlternateSchemes = true;
        var limits = listen.KestrelServerOptions.Limits;
        listen.Use(next => async connection =>
        {
            if (await BeginsAsync(connection, limits, clock) is not { } isHttp2) return;
            if (isHttp2) Negotiated.Instance.AddTo(connection.Features);
            await next(connection);
        });
    }

    /// <summary>Whether it begins with the preface; null if it is to be closed before that is known.</summary>
    private static async ValueTask<bool?> BeginsAsync(
        ConnectionContext connection, KestrelServerLimits limits, TimeProvider clock)
    {
        var closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>();
        using var late = new CancellationTokenSource(Limit(limits.KeepAliveTimeout), clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            late.Token, closing?.ConnectionClosedRequested ?? CancellationToken.None);
        try
        {
            var input = connection.Transport.Input;
            for (var isFirst = true; ; isFirst = false)
            {
                var read = await input.ReadAsync(end.Token);
                var begins = Begins(read.Buffer);
                var isDecided = begins is not null || read.IsCompleted;
                input.AdvanceTo(read.Buffer.Start, isDecided ? read.Buffer.Start : read.Buffer.End);
                if (isDecided) return begins is true;
                if (isFirst) late.CancelAfter(Limit(limits.RequestHeadersTimeout)); // For all of it, not for each byte.
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ConnectionResetException)
        {
            return null;
        }
    }

    /// <summary>Null while too little has come to tell.</summary>
    private static bool? Begins(ReadOnlySequence<byte> bytes)
    {
        var length = (int)Math.Min(bytes.Length, _preface.Length);
        Span<byte> first = stackalloc byte[length];
        bytes.Slice(0, length).CopyTo(first);
        if (!_preface.AsSpan(0, length).SequenceEqual(first)) return false;
        return length == _preface.Length ? true : null;
    }

    // Kestrel writes "never" as the longest time there is, which is too long for a timer.
    private static TimeSpan Limit(TimeSpan limit) => limit == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : limit;

    /// <summary>What a connection has on which TLS has negotiated HTTP/2.</summary>
    private sealed class Negotiated : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public static readonly Negotiated Instance = new();

        private static readonly byte[] _name = [.. "h2"u8];

        public ReadOnlyMemory<byte> ApplicationProtocol => _name;

        public X509Certificate2? ClientCertificate
        {
            get => null;
            set => throw new NotSupportedException("There is no TLS on this connection.");
        }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult<X509Certificate2?>(null);

        public void AddTo(IFeatureCollection features)
        {
            features.Set<ITlsConnectionFeature>(this);
            features.Set<ITlsApplicationProtocolFeature>(this);
        }
    }
}
