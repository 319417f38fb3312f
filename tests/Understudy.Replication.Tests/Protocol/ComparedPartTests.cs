using System.Text;
using Understudy.Kernel;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

public class ComparedPartTests
{
    private readonly OnceOnlyTable _answered = new();

    [Fact]
    public void What_was_joined_is_split_and_anything_else_is_compared_as_a_whole()
    {
        ComparedPart.TrySplit(ComparedPart.Join("ab"u8, "c"u8), out var compared, out var rest).ShouldBeTrue();
        (Text(compared), Text(rest)).ShouldBe(("ab", "c"));
        ComparedPart.TrySplit("anything"u8.ToArray(), out compared, out _).ShouldBeFalse();
        Text(compared).ShouldBe("anything");

        var cut = ComparedPart.Join("ab"u8, [])[..^1];
        ComparedPart.TrySplit(cut, out compared, out _).ShouldBeFalse();
        compared.ToArray().ShouldBe(cut);
    }

    [Fact]
    public void The_bytes_are_those_that_were_agreed_on() =>
        Convert.ToHexString(ComparedPart.Join("ab"u8, "c"u8)).ShouldBe("FEC07061727400FD" + "02000000" + "6162" + "63");

    [Fact]
    public void A_request_under_a_key_is_the_same_if_its_compared_part_is()
    {
        _answered.Remember(
            Request(1, ComparedPart.Join("ab"u8, "from n1"u8)), "answer"u8.ToArray(), default, TimeSpan.FromHours(1));
        _answered.Find(Request(2, ComparedPart.Join("ab"u8, "from n2"u8)), out var answer)
            .ShouldBe(OnceOnlyVerdict.Known);
        Text(answer).ShouldBe("answer");
        _answered.Find(Request(3, ComparedPart.Join("a"u8, "from n1"u8)), out _).ShouldBe(OnceOnlyVerdict.KeyReused);
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static ReplicationMessage.Request Request(long number, byte[] body) => new(
        new RequestId(new MemberId(new NodeId("n1"), new Incarnation(1, 1)), number),
        LowestPending: 1,
        new ServiceName("kv"),
        new ConfigurationVersion(1),
        IsRead: false,
        Key: "key",
        body);
}
