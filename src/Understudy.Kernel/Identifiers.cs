using System.Globalization;

namespace Understudy.Kernel;

/// <summary>The configured name of a node, unique in its cluster. Ordered by ordinal comparison.</summary>
public readonly record struct NodeId(string Value) : IComparable<NodeId>
{
    /// <summary>The longest name a node may have, in characters.</summary>
    public const int MaxLength = 64;

    public int CompareTo(NodeId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}

/// <summary>The name of a service. Ordered by ordinal comparison.</summary>
public readonly record struct ServiceName(string Value) : IComparable<ServiceName>
{
    public int CompareTo(ServiceName other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}

/// <summary>Identifies a cluster; drawn once, when the cluster forms.</summary>
public readonly record struct ClusterId(UInt128 Value)
{
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}

/// <summary>Identifies a node's durable store; drawn when the store is created. A wiped disk is a new DiskId.</summary>
public readonly record struct DiskId(UInt128 Value) : IComparable<DiskId>
{
    public int CompareTo(DiskId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture)[..8];
}

/// <summary>
/// One start of a node: a boot counter that is durable before it is used, and a random nonce. Ordered by counter;
/// equality needs both, so two processes started from one copied disk differ.
/// </summary>
public readonly record struct Incarnation(ulong Counter, ulong Nonce) : IComparable<Incarnation>
{
    public int CompareTo(Incarnation other)
    {
        var byCounter = Counter.CompareTo(other.Counter);
        return byCounter != 0 ? byCounter : Nonce.CompareTo(other.Nonce);
    }

    public override string ToString() => Counter.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A node in one of its incarnations: the identity that members, leases and messages are bound to.</summary>
public readonly record struct MemberId(NodeId Node, Incarnation Incarnation) : IComparable<MemberId>
{
    public int CompareTo(MemberId other)
    {
        var byNode = Node.CompareTo(other.Node);
        return byNode != 0 ? byNode : Incarnation.CompareTo(other.Incarnation);
    }

    public override string ToString() => $"{Node}#{Incarnation.Counter}";
}

/// <summary>The number of a view. Views form a chain: epoch e+1 is decided by the voters of epoch e.</summary>
public readonly record struct Epoch(long Value) : IComparable<Epoch>
{
    /// <summary>Before any view: the epoch of a node that belongs to no cluster yet.</summary>
    public static readonly Epoch None = new(0);

    public Epoch Next => new(Value + 1);

    public int CompareTo(Epoch other) => Value.CompareTo(other.Value);

    public static bool operator <(Epoch a, Epoch b) => a.Value < b.Value;

    public static bool operator >(Epoch a, Epoch b) => a.Value > b.Value;

    public static bool operator <=(Epoch a, Epoch b) => a.Value <= b.Value;

    public static bool operator >=(Epoch a, Epoch b) => a.Value >= b.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The version of a service's configuration. Every message about a service carries it.</summary>
public readonly record struct ConfigurationVersion(long Value) : IComparable<ConfigurationVersion>
{
    public static readonly ConfigurationVersion None = new(0);

    public ConfigurationVersion Next => new(Value + 1);

    public int CompareTo(ConfigurationVersion other) => Value.CompareTo(other.Value);

    public static bool operator <(ConfigurationVersion a, ConfigurationVersion b) => a.Value < b.Value;

    public static bool operator >(ConfigurationVersion a, ConfigurationVersion b) => a.Value > b.Value;

    public static bool operator <=(ConfigurationVersion a, ConfigurationVersion b) => a.Value <= b.Value;

    public static bool operator >=(ConfigurationVersion a, ConfigurationVersion b) => a.Value >= b.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A line of descent of a service's state. A new one starts empty, or by an operator's word.</summary>
public readonly record struct Lineage(long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
