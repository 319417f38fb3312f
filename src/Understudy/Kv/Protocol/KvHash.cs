namespace Understudy.Kv;

/// <summary>
/// FNV-1a, the same in every process, with a last mix so that hashes may be combined by exclusive or.
/// </summary>
internal static class KvHash
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    public static ulong Of(ulong number) => Mix(Add(Offset, number));

    public static ulong Of(ulong version, string key, ReadOnlySpan<byte> value)
    {
        var hash = Add(Offset, version);
        hash = Add(hash, (ulong)key.Length);
        foreach (var character in key) hash = (hash ^ character) * Prime;
        foreach (var b in value) hash = (hash ^ b) * Prime;
        return Mix(hash);
    }

    private static ulong Add(ulong hash, ulong number)
    {
        for (var i = 0; i < 8; i++) hash = (hash ^ (byte)(number >> (8 * i))) * Prime;
        return hash;
    }

    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        return hash ^ (hash >> 31);
    }
}
