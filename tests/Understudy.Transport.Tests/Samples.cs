using Understudy.Kernel;

namespace Understudy.Transport.Tests;

/// <summary>Identities that tests share.</summary>
internal static class Samples
{
    public static readonly ClusterId Cluster = new(new UInt128(0x1122334455667788, 0x99AABBCCDDEEFF00));

    public static PeerIdentity Identity(string node, ulong counter = 1, ClusterId? cluster = null) => new(
        new MemberId(new NodeId(node), new Incarnation(counter, 0xA0 + counter)),
        new DiskId((UInt128)node.Sum(character => character)),
        cluster);
}
