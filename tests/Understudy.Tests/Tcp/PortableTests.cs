namespace Understudy.Tests.Tcp;

/// <summary>As on every other system.</summary>
public sealed class PortableTests() : TcpForwarderTests(isPortable: true);
