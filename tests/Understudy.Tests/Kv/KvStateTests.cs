using System.Text;
using CsCheck;
using Understudy.Kernel;
using Understudy.Kv;

namespace Understudy.Tests.Kv;

public class KvStateTests
{
    private readonly KvState _state = new();

    [Fact]
    public void Applying_the_checkpoints_leads_to_exactly_the_state_that_executing_made() =>
        KvGen.Request.Array[0, 60].Sample(requests =>
        {
            KvState primary = new(), secondary = new();
            foreach (var request in requests)
            {
                var before = primary.Digest;
                var checkpoint = primary.Execute(KvCodec.Encode(request)).Checkpoint;
                if (checkpoint.IsEmpty) primary.Digest.ShouldBe(before);
                else secondary.Apply(checkpoint, 0);
                secondary.Digest.ShouldBe(primary.Digest);
            }

            secondary.Save().ToArray().ShouldBe(primary.Save().ToArray());
        });

    [Fact]
    public void A_loaded_state_goes_on_like_the_saved_one() =>
        Gen.Select(KvGen.Request.Array[0, 40], KvGen.Request.Array[0, 10]).Sample((before, after) =>
        {
            KvState first = new(), second = new();
            foreach (var request in before) first.Execute(KvCodec.Encode(request));
            second.Execute(KvCodec.Encode(new KvRequest.Increment("forgotten")));
            second.Load(first.Save());
            second.Digest.ShouldBe(first.Digest);
            foreach (var request in after)
            {
                var (a, b) = (first.Execute(KvCodec.Encode(request)), second.Execute(KvCodec.Encode(request)));
                b.Answer.ToArray().ShouldBe(a.Answer.ToArray());
                b.Checkpoint.ToArray().ShouldBe(a.Checkpoint.ToArray());
            }
        });

    [Fact]
    public void Every_answer_agrees_with_a_plain_dictionary() => KvGen.Request.Array[0, 60].Sample(requests =>
    {
        var state = new KvState();
        var model = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var request in requests)
        {
            var answer = Execute(state, request);
            if (answer.Status != KvStatus.Ok) continue;
            if (request is KvRequest.Put put) model[put.Key] = put.Value.ToArray();
            if (request is KvRequest.Delete delete) model.Remove(delete.Key).ShouldBeTrue();
            if (request is KvRequest.Get get) answer.Value.ToArray().ShouldBe(model[get.Key]);
            if (request is KvRequest.Increment add) model[add.Key] = answer.Value.ToArray();
        }

        state.Count.ShouldBe(model.Count);
    });

    [Fact]
    public void A_version_is_never_used_twice_even_after_a_delete()
    {
        var first = Execute(_state, Put("k", "1")).Version;
        Execute(_state, new KvRequest.Delete("k", KvCondition.None));
        Execute(_state, Put("k", "1")).Version.ShouldBeGreaterThan(first);
        Execute(_state, Put("k", "2", KvCondition.IfMatch(first))).Status.ShouldBe(KvStatus.PreconditionFailed);
    }

    [Fact]
    public void A_condition_that_does_not_hold_changes_nothing()
    {
        Execute(_state, Put("k", "1", KvCondition.IfPresent)).Status.ShouldBe(KvStatus.PreconditionFailed);
        var version = Execute(_state, Put("k", "1", KvCondition.IfAbsent)).Version;
        Execute(_state, Put("k", "2", KvCondition.IfAbsent)).Status.ShouldBe(KvStatus.PreconditionFailed);
        Execute(_state, Put("k", "2", KvCondition.IfMatch(version))).Status.ShouldBe(KvStatus.Ok);
        Execute(_state, new KvRequest.Delete("k", KvCondition.IfMatch(version))).Status
            .ShouldBe(KvStatus.PreconditionFailed);
        Text(Execute(_state, new KvRequest.Get("k"))).ShouldBe("2");
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("1.5")]
    [InlineData("")]
    [InlineData("9223372036854775807")]
    public void What_is_not_a_number_is_not_incremented(string value)
    {
        Execute(_state, Put("k", value));
        Execute(_state, new KvRequest.Increment("k")).Status.ShouldBe(KvStatus.NotANumber);
        Text(Execute(_state, new KvRequest.Get("k"))).ShouldBe(value);
    }

    [Fact]
    public void An_absent_key_counts_as_nought()
    {
        Text(Execute(_state, new KvRequest.Increment("k"))).ShouldBe("1");
        Text(Execute(_state, new KvRequest.Increment("k"))).ShouldBe("2");
    }

    [Fact]
    public void A_value_above_the_limit_is_refused()
    {
        var put = new KvRequest.Put("k", new byte[KvLimits.ValueBytes + 1], KvCondition.None);
        Execute(_state, put).Status.ShouldBe(KvStatus.TooLarge);
        Execute(_state, put with { Value = new byte[KvLimits.ValueBytes] }).Status.ShouldBe(KvStatus.Ok);
    }

    [Fact]
    public void Bytes_that_are_no_request_are_answered_and_change_nothing()
    {
        var execution = _state.Execute(new byte[] { 99 });
        execution.Checkpoint.IsEmpty.ShouldBeTrue();
        KvCodec.TryDecode(execution.Answer, out KvAnswer? answer, out _).ShouldBeTrue();
        answer.Status.ShouldBe(KvStatus.Malformed);
    }

    [Fact]
    public void A_gap_in_the_checkpoints_breaks_an_invariant()
    {
        var primary = new KvState();
        primary.Execute(KvCodec.Encode(Put("k", "1")));
        var second = primary.Execute(KvCodec.Encode(Put("k", "2"))).Checkpoint;
        Should.Throw<InvariantViolationException>(() => new KvState().Apply(second, 2));
    }

    private static KvRequest.Put Put(string key, string value, KvCondition condition = default) =>
        new(key, Encoding.UTF8.GetBytes(value), condition);

    private static KvAnswer Execute(KvState state, KvRequest request)
    {
        KvCodec.TryDecode(state.Execute(KvCodec.Encode(request)).Answer, out KvAnswer? answer, out _).ShouldBeTrue();
        return answer;
    }

    private static string Text(KvAnswer answer) => Encoding.UTF8.GetString(answer.Value.Span);
}
