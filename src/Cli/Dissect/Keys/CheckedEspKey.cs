using System.Buffers.Binary;
using Dmvpn.Crypto;
using Dmvpn.Wire.Esp;

namespace Dmvpn.Cli.Dissect.Keys;

/// <summary>
/// A key with which a packet's ICV is checked. No key file says whether sequence numbers have 64 bits, nor what their upper half is in the middle of a capture: the ICV does (RFC 4303 2.2.1).
/// </summary>
internal sealed unsafe class CheckedEspKey : EspKey
{
    private readonly EspSuite _suite;
    private readonly SecretBytes _key;
    private EspCipher? _short;
    private EspCipher? _extended;
    private bool _isExtended;
    private uint _upper;

    /// <summary>A key, which is copied; its length is <see cref="EspCipher.KeyMaterialLength"/>.</summary>
    public CheckedEspKey(EspSuite suite, ReadOnlySpan<byte> keyMaterial) => (_suite, _key) = (suite, new SecretBytes(keyMaterial));

    public override bool IsChecked => true;

    public override byte[]? Open(ReadOnlySpan<byte> packet) => Open(packet, _isExtended) ?? Open(packet, !_isExtended);

    public override void Dispose()
    {
        _short?.Dispose();
        _extended?.Dispose();
        _key.Dispose();
    }

    private byte[]? Open(ReadOnlySpan<byte> packet, bool extended)
    {
        uint lower = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        if (!extended) return Open(packet, _short ??= EspCipher.CreateOpener(_suite, _key.Span), lower) is { } text ? Keep(text, false, 0) : null;
        _extended ??= EspCipher.CreateOpener(_suite with { Esn = true }, _key.Span);
        foreach (int step in (ReadOnlySpan<int>)[0, 1, -1])
        {
            uint upper = (uint)(_upper + step);
            if (Open(packet, _extended, (ulong)upper << 32 | lower) is { } opened) return Keep(opened, true, upper);
        }
        return null;
    }

    private byte[] Keep(byte[] text, bool extended, uint upper)
    {
        (_isExtended, _upper) = (extended, upper);
        return text;
    }

    private static byte[]? Open(ReadOnlySpan<byte> packet, EspCipher cipher, ulong sequence)
    {
        int offset = EspSpec.HeaderLength + cipher.IvLength, length = packet.Length - offset - cipher.IcvLength;
        if (length < EspSpec.TrailerLength || length % cipher.Alignment != 0) return null;
        byte[] copy = packet.ToArray();
        fixed (byte* start = copy) return cipher.TryOpen(start, length, sequence) ? copy[offset..(offset + length)] : null;
    }
}
