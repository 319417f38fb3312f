using CsCheck;
using Understudy.Kv;

namespace Understudy.Tests.Kv;

/// <summary>Requests on few keys, so that they meet.</summary>
internal static class KvGen
{
    private static readonly string[] _keys = ["a", "b", "clé", "钥匙/with slash"];
    private static readonly Gen<string> _key = Gen.Int[0, 3].Select(i => _keys[i]);
    private static readonly Gen<byte[]> _value = Gen.OneOf(
        Gen.Byte.Array[0, 20], Gen.Long.Select(n => System.Text.Encoding.ASCII.GetBytes($"{n}")));

    private static readonly Gen<KvCondition> _condition = Gen.OneOf(
        Gen.Const(KvCondition.None), Gen.Const(KvCondition.IfAbsent), Gen.Const(KvCondition.IfPresent),
        Gen.Long[0, 20].Select(KvCondition.IfMatch));

    public static readonly Gen<KvRequest> Request = Gen.OneOf(
        Gen.Select(_key, _value, _condition, KvRequest (k, v, c) => new KvRequest.Put(k, v, c)),
        _key.Select(KvRequest (k) => new KvRequest.Get(k)),
        Gen.Select(_key, _condition, KvRequest (k, c) => new KvRequest.Delete(k, c)),
        _key.Select(KvRequest (k) => new KvRequest.Increment(k)));

    public static readonly Gen<KvAnswer> Answer = Gen.Select(
        Gen.Enum<KvStatus>(), Gen.Long[0, long.MaxValue], _value, (s, v, b) => new KvAnswer(s, v, b));
}
