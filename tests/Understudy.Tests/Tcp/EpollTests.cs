namespace Understudy.Tests.Tcp;

/// <summary>As on Linux.</summary>
public sealed class EpollTests() : TcpForwarderTests(isPortable: false);
