using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ipsec;
using Dmvpn.Wire.Ike;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

/// <summary>
/// A listener on the wire who sends ESP packets again: as they were, cut short anywhere, with any bit changed, and what looks like some. Each is counted under one reason, the SA stays what it
/// is, and nothing reaches the tunnel or the control thread but hints about strangers' SPIs, whose rate is bounded.
/// </summary>
public sealed unsafe class EspAbuseTests
{
    private const uint Spi = 0x1234_5678;

    public static TheoryData<EncryptionId, int, IntegrityId, bool> Suites => new()
    {
        { EncryptionId.AesGcm16, 256, IntegrityId.None, false },
        { EncryptionId.AesGcm16, 128, IntegrityId.None, true },
        { EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None, true },
        { EncryptionId.AesCbc, 256, IntegrityId.HmacSha256, false },
        { EncryptionId.NullAesGmac, 128, IntegrityId.None, false },
        { EncryptionId.Null, 0, IntegrityId.HmacSha1, true },
    };

    [Theory]
    [MemberData(nameof(Suites))]
    public void PacketsReplayedCutAndChanged_AreCountedEachAndNothingElseHappens(EncryptionId encryption, int bits, IntegrityId integrity, bool esn)
    {
        var suite = new EspSuite(encryption, bits, integrity, esn);
        using var rig = new Rig(static config => config with { Protection = 1 });
        byte[] key = new byte[EspCipher.KeyMaterialLength(suite)];
        new SeededRandom(5).Fill(key);
        FakePort esp = new(Ip("192.0.2.1")), nat = new(Ip("192.0.2.1")), ike = new(Ip("192.0.2.1"));
        rig.Underlay.Security = new SecurityPorts([esp], ike, [nat], esp, ike, nat);
        var strangers = new ControlMailbox(65536);
        using var worker = new ForwardingWorker(0, rig.Table, rig.Mailbox, strangers);
        var path = new EspPath(Ip("192.0.2.1"), Ip("192.0.2.2"), 0, false);
        using var outbound = new OutboundSa(Spi, suite, new SecretBytes(key), path, 1);
        using var inbound = new InboundSa(Spi, suite, key, path, 64) { Association = 7, Protection = 1 };
        Assert.True(rig.Table.Security.Add(inbound));

        List<byte[]> genuine = [.. Enumerable.Range(0, 3).Select(_ => Seal(outbound, Gre(Packet("10.0.0.2", "10.0.0.1", 30), key: 7)))];
        foreach (byte[] packet in genuine) Receive(packet);
        Assert.Equal(3, rig.Tun.Written.Count);
        rig.Tun.Written.Clear();
        byte[] next = Seal(outbound, Gre(Packet("10.0.0.2", "10.0.0.1", 30), key: 7));
        (long Packets, long Bytes, EspPath Path, Instant Used) before = (inbound.Packets, inbound.Bytes, inbound.Path, inbound.LastUsed);
        rig.Now += TimeSpan.FromSeconds(1);

        foreach (byte[] packet in (List<byte[]>)[.. genuine, next])
        {
            for (int length = 0; length < packet.Length; length++) Attack(packet[..length]);
            for (int bit = 0; bit < packet.Length * 8; bit++)
            {
                byte[] changed = [.. packet];
                changed[bit / 8] ^= (byte)(1 << bit % 8);
                Attack(changed);
            }
            Attack([.. packet, 0]);
            Attack([.. packet, .. new byte[16]]);
            if (packet != next) Attack(packet);
        }
        var random = new SeededRandom(9);
        for (int i = 0; i < 2000; i++)
        {
            byte[] rubbish = new byte[random.Below(120)];
            random.Fill(rubbish);
            if (rubbish.Length >= 4 && i % 2 == 0) BinaryPrimitives.WriteUInt32BigEndian(rubbish, Spi);
            Attack(rubbish);
        }
        Assert.Equal(before, (inbound.Packets, inbound.Bytes, inbound.Path, inbound.LastUsed));
        Assert.True(rig.Mailbox.IsEmpty);
        Assert.True(rig.Drops(DataplaneDrop.InReplayed) > 0 && rig.Drops(DataplaneDrop.InForged) > 0 && rig.Drops(DataplaneDrop.InMalformedEsp) > 0 && rig.Drops(DataplaneDrop.InUnknownSpi) > 0);

        // And the next genuine one passes: neither its number was used up, nor the window moved.
        Receive(next);
        Assert.Single(rig.Tun.Written);
        Assert.Equal(4, inbound.Packets);

        void Attack(byte[] packet)
        {
            long dropped = rig.Underlay.Drops.Total + rig.Counters.Drops.Total;
            Receive(packet);
            Assert.Equal(dropped + 1, rig.Underlay.Drops.Total + rig.Counters.Drops.Total);
            Assert.Empty(rig.Tun.Written);
            while (strangers.TryPeek(out ControlMessage hint))
            {
                Assert.Equal(ControlKind.UnknownSpi, hint.Kind);
                strangers.Release();
            }
        }

        void Receive(byte[] packet)
        {
            esp.Waiting.Enqueue(new Datagram(Ip("192.0.2.2"), packet));
            while (worker.Round(rig.Now)) { }
        }
    }

    private static byte[] Seal(OutboundSa sa, byte[] gre)
    {
        byte[] room = new byte[EspPacket.Headroom + gre.Length + EspPacket.Tailroom];
        gre.CopyTo(room, EspPacket.Headroom);
        fixed (byte* start = room)
        {
            int length = gre.Length;
            Assert.Equal(EspResult.Good, EspPacket.Seal(sa, 0, start + EspPacket.Headroom, ref length, 0, Instant.FromSeconds(1), out int before));
            return [.. room.AsSpan(EspPacket.Headroom - before, length)];
        }
    }
}
