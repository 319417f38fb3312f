using System.Collections.Immutable;
using System.Text;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>The nodes n1, n2 ... and the service of the tests.</summary>
internal static class Cast
{
    public static readonly ServiceName Service = new("letters");

    public static NodeId Node(int number) => new($"n{number}");

    public static MemberId Id(int number, ulong counter = 1) =>
        new(Node(number), new Incarnation(counter, (ulong)number));

    public static DiskId Disk(int number) => new((UInt128)(uint)number);

    public static Provider Provider(int number, ulong counter = 1) => new(Id(number, counter), Disk(number));

    public static ImmutableArray<Provider> Providers(params int[] numbers) => [.. numbers.Select(n => Provider(n))];

    public static ConfigurationVersion Version(long value) => new(value);

    public static LogEntry Entry(long version, long sequence, string payload = "x") =>
        new(Version(version), sequence, Bytes(payload));

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    /// <summary>A request that adds letters, from a client of the first node's gateway.</summary>
    public static ReplicationMessage.Request Write(
        long number, string letters, string? key = null, ulong gateway = 1, long lowest = 0) =>
        new(new RequestId(Id(9, gateway), number), lowest, Service, new(1), IsRead: false, key, Bytes(letters));

    public static ReplicationMessage.Request Read(long number) =>
        new(new RequestId(Id(9), number), 0, Service, new(1), IsRead: true, null, default);

    public static Member Member(int number, ulong counter = 1, NodeKind kind = NodeKind.Voter) =>
        new(Id(number, counter), Disk(number), kind);

    public static View View(params Member[] members) => new(
        new ClusterId(7),
        new Epoch(5),
        0,
        [.. members.Select(m => new Acceptor(m.Id.Node, m.Disk))],
        [.. members],
        [],
        null,
        default);

    public static View View(params int[] members) => View([.. members.Select(m => Member(m))]);
}

/// <summary>
/// A state of letters: a request adds its body and answers with all there is; an empty body only reads.
/// </summary>
internal sealed class Letters : IReplicatedState
{
    private readonly StringBuilder _letters = new();

    public string All => _letters.ToString();

    public Execution Execute(ReadOnlyMemory<byte> request)
    {
        _letters.Append(Cast.Text(request));
        return new Execution(Cast.Bytes(All), request);
    }

    public void Apply(ReadOnlyMemory<byte> checkpoint, long sequence) => _letters.Append(Cast.Text(checkpoint));

    public ReadOnlyMemory<byte> Save() => Cast.Bytes(All);

    public void Load(ReadOnlyMemory<byte> state) => _letters.Clear().Append(Cast.Text(state));
}
