using CsCheck;
using Understudy.Codecs;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests;

public sealed class CommandCodecTests
{
    private static readonly CodecProbe<OperatorCommand> Probe = new(
        CommandCodec.Encode,
        (ReadOnlyMemory<byte> body, out OperatorCommand? command, out string? reason) =>
            CommandCodec.TryDecode(body.Span, out command, out reason));

    private static readonly CodecProbe<CommandAnswer> AnswerProbe = new(
        CommandCodec.Encode,
        (ReadOnlyMemory<byte> body, out CommandAnswer? answer, out string? reason) =>
            CommandCodec.TryDecode(body.Span, out answer, out reason));

    [Fact]
    public void The_bytes_of_every_command_are_as_agreed() =>
        Probe.AreAsAgreed(ReplicationSamples.Commands, "command.txt");

    [Fact]
    public void Every_command_has_agreed_bytes() =>
        ReplicationSamples.Commands.Select(each => each.GetType()).Distinct().ShouldBe(
            typeof(OperatorCommand).GetNestedTypes().Where(type => type.IsSealed), ignoreOrder: true);

    [Fact]
    public void The_bytes_of_an_answer_are_as_agreed() =>
        AnswerProbe.AreAsAgreed([CommandAnswer.Accepted("n2 takes over.")], "command-answer.txt");

    [Fact]
    public void Every_command_returns_whole() => Probe.ReturnsWhole(ReplicationGen.Commands);

    [Fact]
    public void Every_answer_returns_whole() => AnswerProbe.ReturnsWhole(Gen.Select(
        Gen.Enum<CommandOutcome>(), Gen.String, (outcome, text) => new CommandAnswer(outcome, Encodable(text))));

    [Fact]
    public void Random_bytes_do_no_harm() => Probe.WithstandsRandomBytes();

    [Fact]
    public void Changed_bytes_do_no_harm() =>
        Probe.WithstandsMutatedBytes(ReplicationGen.Commands, ReplicationSamples.Commands[0]);

    [Theory]
    [InlineData("", "a command of an unknown kind")]
    [InlineData("1a00", "a service's name has 0 characters")]
    [InlineData("4a00", "a node's name has 0 characters")]
    [InlineData("0a00", "a kind has 0 characters")]
    public void A_command_that_lacks_something_is_refused_by_name(string hex, string expected) =>
        Probe.Withstands(Convert.FromHexString(hex)).ShouldBe(expected);

    /// <summary>Text with half a character pair has no bytes of its own.</summary>
    private static string Encodable(string text) =>
        System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
}
