using System.Buffers.Binary;
using System.Numerics;

namespace Understudy.Transport.Protocol;

/// <summary>CRC-32C (Castagnoli): finds every damage of up to 32 bits in a row.</summary>
internal static class Checksum
{
    private const uint Begin = 0xFFFF_FFFF;

    /// <summary>The checksum of runs of bytes as if they were one.</summary>
    public static uint Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) =>
        ~Add(Add(Add(Begin, first), second), third);

    private static uint Add(uint checksum, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes) checksum = BitOperations.Crc32C(checksum, value);
        return checksum;
    }
}
