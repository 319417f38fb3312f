using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Understudy;

/// <summary>Reads addresses such as <c>127.0.0.1:7101</c> and <c>[::1]:7101</c>; looks up no name.</summary>
public static class Addresses
{
    /// <summary>The address and port, or null if the text is not exactly that.</summary>
    public static IPEndPoint? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !IsPort(text[(colon + 1)..], out var port)) return null;
        var host = text[..colon];
        var isBracketed = host.StartsWith('[') && host.EndsWith(']');
        if (!IPAddress.TryParse(isBracketed ? host[1..^1] : host, out var address)) return null;
        if (isBracketed != (address.AddressFamily == AddressFamily.InterNetworkV6)) return null;

        // "127.1" and "1" parse as addresses too; nobody means them here.
        if (!isBracketed && address.ToString() != host) return null;
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
    }

    /// <summary>What somebody who wrote this as an address probably has to write instead.</summary>
    internal static string Meaning(string text, string port)
    {
        var last = text[(text.LastIndexOf(':') + 1)..].TrimEnd('/');
        if (!IPAddress.TryParse(text, out _) && IsPort(last, out var written))
            port = written.ToString(CultureInfo.InvariantCulture);
        if (text.StartsWith("localhost", StringComparison.OrdinalIgnoreCase))
            return $"Names are not looked up: write \"127.0.0.1:{port}\".";
        if (text.Contains("://", StringComparison.Ordinal))
            return $"Write the address and the port without a scheme: \"127.0.0.1:{port}\".";
        if (IPAddress.TryParse(text, out var bare))
            return bare.AddressFamily == AddressFamily.InterNetworkV6
                ? $"Write an IPv6 address in brackets and with its port: \"[{bare}]:{port}\"."
                : $"The port is missing: write \"{bare}:{port}\".";
        return $"Write an IP address and a port from 1 to 65535: \"127.0.0.1:{port}\".";
    }

    private static bool IsPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535;
}
