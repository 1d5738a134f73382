using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ipsec;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Instructions;

/// <summary>A GRE packet is sealed in place, and perhaps opened in place, by two SAs of one key: AES-128-GCM, transport mode, ESP in UDP.</summary>
internal static unsafe class EspWork
{
    private const uint Spi = 0x1000;
    private const int Association = 1;

    private static readonly EspSuite Suite = new(EncryptionId.AesGcm16, 128, IntegrityId.None, Esn: false);

    public static void Run(int length, int packets, bool open)
    {
        byte[] key = new byte[EspCipher.KeyMaterialLength(Suite)];
        IpAddress left = IpAddress.Parse("192.0.2.1"), right = IpAddress.Parse("192.0.2.2");
        using var sealing = new OutboundSa(Spi, Suite, new SecretBytes([.. key]), new EspPath(left, right, IkeSpec.NatPort, true), 1);
        using var opening = new InboundSa(Spi, Suite, key, new EspPath(right, left, IkeSpec.NatPort, true), Association);
        byte[] room = new byte[EspPacket.Headroom + length + EspPacket.Tailroom];
        fixed (byte* start = room)
        {
            for (int i = 0; i < packets; i++)
            {
                byte* payload = start + EspPacket.Headroom;
                int sealedLength = length;
                byte trafficClass = 0;
                if (EspPacket.Seal(sealing, 0, payload, ref sealedLength, trafficClass, Instant.Zero, out int before) != EspResult.Good) throw new InvalidOperationException("not sealed");
                if (!open) continue;
                if (EspPacket.Open(opening, payload - before, sealedLength, ref trafficClass, Instant.Zero, out _, out int opened, out _) != EspResult.Good || opened != length)
                    throw new InvalidOperationException("not opened");
            }
        }
    }
}
