using Understudy.Kernel;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>Idempotency keys are forgotten through checkpoints, by age, number and bytes.</summary>
public sealed class KeptKeysTests
{
    private static readonly TimeSpan _day = TimeSpan.FromHours(24);

    private readonly OnceOnlyTable _primary = new();
    private readonly OnceOnlyTable _secondary = new();
    private long _number;

    [Fact]
    public void A_key_is_forgotten_at_a_checkpoint_after_its_age_on_every_provider()
    {
        Lead(_primary);
        Answer("a", TimeSpan.Zero);
        Answer("b", TimeSpan.FromHours(1));
        Answer("c", _day);
        Known().ShouldBe("abc", "none is older than a day");
        Answer("d", _day + TimeSpan.FromTicks(1));
        Known().ShouldBe("bcd");
        Answer("e", _day * 3);
        Known().ShouldBe("e");
    }

    [Fact]
    public void A_key_is_known_until_a_checkpoint_forgets_it_however_old_it_is()
    {
        Lead(_primary);
        Answer("a", TimeSpan.Zero);
        AnswerWithoutKey();
        _primary.Find(Request("a"), out var answer).ShouldBe(OnceOnlyVerdict.Known);
        Cast.Text(answer).ShouldBe("answer to a");
    }

    [Fact]
    public void The_next_primary_goes_on_with_the_age_of_the_stream_and_adds_what_it_measures_itself()
    {
        Lead(_primary);
        Answer("a", TimeSpan.FromHours(20));
        Lead(_secondary);
        Answer("b", TimeSpan.FromHours(23), from: _secondary, to: _primary);
        Known().ShouldBe("ab", "a is 23 hours old");
        Answer("c", TimeSpan.FromHours(25), from: _secondary, to: _primary);
        Known().ShouldBe("bc");
        Lead(_primary);
        Answer("d", TimeSpan.Zero);
        Known().ShouldBe("bcd", "a new reign begins where the last one was");
    }

    [Fact]
    public void A_clock_that_goes_back_forgets_nothing_and_the_age_stands_still()
    {
        Lead(_primary);
        Answer("a", TimeSpan.FromHours(20));
        Answer("b", TimeSpan.FromHours(1)).Age.ShouldBe(TimeSpan.FromHours(20));
        Known().ShouldBe("ab");
    }

    [Fact]
    public void What_a_secondary_itself_would_keep_does_not_count()
    {
        Lead(_primary);
        Answer("a", TimeSpan.Zero, keepFor: TimeSpan.FromMinutes(1));
        Answer("b", TimeSpan.FromHours(1), keepFor: TimeSpan.FromMinutes(1)).Forgotten.ShouldBe(1);
        Known().ShouldBe("b");
    }

    [Fact]
    public void Of_very_many_keys_the_newest_are_remembered()
    {
        Lead(_primary);
        for (var i = 0; i <= OnceOnlyTable.KeysKept; i++) Answer($"k{i}", TimeSpan.Zero);
        (_primary.Keys, _secondary.Keys).ShouldBe((OnceOnlyTable.KeysKept, OnceOnlyTable.KeysKept));
        Find("k0").ShouldBe(OnceOnlyVerdict.Fresh);
        Find("k1").ShouldBe(OnceOnlyVerdict.Known);
        _secondary.Save().ToArray().ShouldBe(_primary.Save().ToArray());
    }

    [Fact]
    public void Of_very_long_answers_the_newest_are_remembered_and_the_last_one_in_any_case()
    {
        Lead(_primary);
        var megabyte = new byte[1 << 20];
        for (var i = 10; i < 75; i++) Answer($"k{i}", TimeSpan.Zero, answer: megabyte);
        (_primary.Keys, _secondary.Keys).ShouldBe((63, 63), "the keys have bytes too");
        Find("k11").ShouldBe(OnceOnlyVerdict.Fresh);
        Find("k12").ShouldBe(OnceOnlyVerdict.Known);
        Answer("whole", TimeSpan.Zero, answer: new byte[OnceOnlyTable.KeyBytesKept]);
        (_primary.Keys, _secondary.Keys).ShouldBe((1, 1));
        Find("whole").ShouldBe(OnceOnlyVerdict.Known);
    }

    [Fact]
    public void A_saved_table_has_the_age_of_the_stream_and_of_every_key()
    {
        Lead(_primary);
        Answer("a", TimeSpan.FromHours(20));
        var restored = new OnceOnlyTable();
        restored.Load(Join(_primary.Save(), "state"u8)).ToArray().ShouldBe("state"u8.ToArray());
        restored.Save().ToArray().ShouldBe(_primary.Save().ToArray());
        Lead(restored);
        Answer("b", TimeSpan.FromHours(5), from: restored, to: _primary).Age.ShouldBe(TimeSpan.FromHours(25));
        restored.Find(Request("a"), out _).ShouldBe(OnceOnlyVerdict.Known, "it is 5 hours old");
        Answer("c", TimeSpan.FromHours(25), from: restored, to: _primary).Forgotten.ShouldBe(1);
    }

    [Fact]
    public void The_bytes_of_a_checkpoint_and_of_a_table_are_as_agreed()
    {
        Lead(_primary);
        var request = Request("k");
        var stamp = _primary.Remember(request, "an"u8.ToArray(), TimeSpan.FromTicks(0x1234), _day);
        var checkpoint = OnceOnlyTable.Encode(request, "an"u8.ToArray(), "ef"u8.ToArray(), 0, stamp);
        Convert.ToHexString(checkpoint.Span).ShouldBe(
            "09" + Member + Int(1) + Int(1) + "01" + Int(1) + "6B" + Int(0x1234) + Int(0)
            + Fingerprint + Int(2) + "616E" + "6566");
        Convert.ToHexString(_primary.Save().Span).ShouldBe(
            "FEFFFFFFFFFFFFFF" + Int(1) + Member + Int(1) + Int(1) + Int(1) + Int(2) + "616E"
            + Int(0x1234) + Int(1) + Int(1) + "6B" + Fingerprint + Int(2) + "616E" + Int(0x1234));
    }

    [Fact]
    public void Checkpoints_and_tables_from_before_ages_were_counted_are_read()
    {
        Take(_primary, "01" + Member + Int(1) + Int(1) + "01" + Int(1) + "6B" + Fingerprint + Int(2) + "616E" + "6566");
        _secondary.Load(Convert.FromHexString(
            Int(1) + Member + Int(1) + Int(1) + Int(1) + Int(2) + "616E"
            + Int(1) + Int(1) + "6B" + Fingerprint + Int(2) + "616E" + "7374")).ToArray().ShouldBe("st"u8.ToArray());
        Known("k").ShouldBe("k");
        _secondary.Save().ToArray().ShouldBe(_primary.Save().ToArray());
    }

    [Fact]
    public void Bytes_of_a_later_layout_are_refused_by_name()
    {
        Should.Throw<UnknownLayoutException>(() => Take(_primary, "10"))
            .Message.ShouldStartWith("a checkpoint has a layout that this program does not know.");
        Should.Throw<UnknownLayoutException>(() => _primary.Load(Convert.FromHexString("FDFFFFFFFFFFFFFF")))
            .Message.ShouldStartWith("a snapshot's table of requests has a layout");
    }

    private const string Member = "0200000000000000" + "6E39" + "0100000000000000" + "0900000000000000";

    private static string Fingerprint { get; } = Int(unchecked((long)0xAF63E64C8601FD8A));

    private static string Int(long value) => Convert.ToHexString(BitConverter.GetBytes(value));

    private static void Lead(OnceOnlyTable table) => table.BeginReign();

    private static void Take(OnceOnlyTable table, string checkpoint) =>
        table.Take(Convert.FromHexString(checkpoint)).Effect.ToArray().ShouldBe("ef"u8.ToArray());

    private static byte[] Join(ReadOnlyMemory<byte> table, ReadOnlySpan<byte> state) => [.. table.Span, .. state];

    private KeyStamp Answer(
        string key,
        TimeSpan reign,
        TimeSpan? keepFor = null,
        byte[]? answer = null,
        OnceOnlyTable? from = null,
        OnceOnlyTable? to = null)
    {
        var request = Request(key);
        (from ?? _primary).Find(request, out _).ShouldBe(OnceOnlyVerdict.Fresh);
        answer ??= Cast.Bytes($"answer to {key}").ToArray();
        var stamp = (from ?? _primary).Remember(request, answer, reign, keepFor ?? _day);
        (to ?? _secondary).Take(OnceOnlyTable.Encode(request, answer, default, 0, stamp));
        return stamp;
    }

    private void AnswerWithoutKey()
    {
        var request = Request(null);
        var stamp = _primary.Remember(request, default, _day * 9, _day);
        _secondary.Take(OnceOnlyTable.Encode(request, default, default, 0, stamp));
    }

    /// <summary>Those of some keys that both providers know.</summary>
    private string Known(string keys = "abcde") => string.Concat(
        keys.Where(key => Find(key.ToString()) == OnceOnlyVerdict.Known));

    private OnceOnlyVerdict Find(string key)
    {
        var verdict = _primary.Find(Request(key), out _);
        _secondary.Find(Request(key), out _).ShouldBe(verdict);
        return verdict;
    }

    private ReplicationMessage.Request Request(string? key)
    {
        var gateway = new MemberId(new NodeId("n9"), new Incarnation(1, 9));
        return new(
            new RequestId(gateway, ++_number), _number, Cast.Service, new(1), IsRead: false, key,
            Cast.Bytes(key ?? "none"));
    }
}
