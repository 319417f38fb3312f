using System.Diagnostics.CodeAnalysis;

namespace Understudy.Kv;

/// <summary>
/// Turns requests and answers into bytes and back: one byte for the operation or the status, then fields in a fixed
/// order; numbers are little-endian; a key has a 16-bit and a value a 32-bit length before it.
/// </summary>
public static class KvCodec
{
    /// <summary>What stands before the value in an answer: its status, the version, and the value's length.</summary>
    internal const int AnswerHeaderBytes = 1 + 8 + 4;

    private const byte PutCode = 1;
    private const byte GetCode = 2;
    private const byte DeleteCode = 3;
    private const byte IncrementCode = 4;
    private const int ConditionBytes = 9;

    /// <summary>
    /// The bytes of a request. Its key must have 1 to <see cref="KvLimits.KeyBytes"/> bytes of UTF-8.
    /// </summary>
    public static byte[] Encode(KvRequest request) => request switch
    {
        KvRequest.Put put => Condition(
                Start(PutCode, put.Key, ConditionBytes + KvWriter.SizeOf(put.Value)), put.Condition)
            .Value(put.Value).Finish(),
        KvRequest.Get get => Start(GetCode, get.Key, 0).Finish(),
        KvRequest.Delete delete => Condition(Start(DeleteCode, delete.Key, ConditionBytes), delete.Condition).Finish(),
        KvRequest.Increment increment => Start(IncrementCode, increment.Key, 0).Finish(),
        _ => throw new System.Diagnostics.UnreachableException($"Unknown request {request}."),
    };

    /// <summary>The bytes of an answer.</summary>
    public static byte[] Encode(KvAnswer answer) =>
        new KvWriter(AnswerHeaderBytes + answer.Value.Length)
            .Byte((byte)answer.Status).Count(answer.Version).Value(answer.Value).Finish();

    /// <summary>Reads a request; its value is a slice of the bytes given.</summary>
    public static bool TryDecode(
        ReadOnlyMemory<byte> bytes,
        [NotNullWhen(true)] out KvRequest? request,
        [NotNullWhen(false)] out string? reason)
    {
        var reader = new KvReader(bytes);
        var operation = reader.Byte("operation");
        var key = reader.Key();
        KvRequest? read = operation switch
        {
            PutCode => new KvRequest.Put(key, default, Condition(ref reader)) { Value = reader.Value() },
            GetCode => new KvRequest.Get(key),
            DeleteCode => new KvRequest.Delete(key, Condition(ref reader)),
            IncrementCode => new KvRequest.Increment(key),
            _ => null,
        };
        if (read is null) reader.Fail($"operation {operation} is not known");
        reader.End();
        reason = reader.Failure;
        request = reason is null ? read : null;
        return request is not null;
    }

    /// <summary>Reads an answer; its value is a slice of the bytes given.</summary>
    public static bool TryDecode(
        ReadOnlyMemory<byte> bytes,
        [NotNullWhen(true)] out KvAnswer? answer,
        [NotNullWhen(false)] out string? reason)
    {
        var reader = new KvReader(bytes);
        var status = reader.Byte("status");
        var read = new KvAnswer((KvStatus)status, reader.Count("version"), reader.Value());
        if (!Enum.IsDefined(read.Status)) reader.Fail($"status {status} is not known");
        reader.End();
        reason = reader.Failure;
        answer = reason is null ? read : null;
        return answer is not null;
    }

    private static KvWriter Start(byte operation, string key, int restBytes) =>
        new KvWriter(1 + KvWriter.SizeOf(key) + restBytes).Byte(operation).Key(key);

    private static KvWriter Condition(KvWriter writer, KvCondition condition) =>
        writer.Byte((byte)condition.Kind).Count(condition.Version);

    private static KvCondition Condition(ref KvReader reader)
    {
        var kind = reader.Byte("condition");
        if (kind > (byte)KvConditionKind.IfPresent) reader.Fail($"condition {kind} is not known");
        return new KvCondition((KvConditionKind)kind, reader.Count("condition's version"));
    }
}
