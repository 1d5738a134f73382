using CsCheck;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Wire.Tests;

/// <summary>What every decoder owes: whatever the bytes, it says yes, or no with a reason, and never throws.</summary>
public sealed class RobustnessTests
{
    public static TheoryData<int> Decoders => [.. Enumerable.Range(0, Views.All.Length)];

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Packet_CutAtEveryByte_IsRefusedByName(int index)
    {
        (string name, byte[] good, Views.Decode decode, bool everyTruncationFails) = Views.All[index];
        Assert.True(decode(good, out Malformed why), $"{name}: {why}");
        Assert.Equal(Malformed.None, why);
        for (int length = 0; length < good.Length; length++)
        {
            bool decoded = decode(good.AsSpan(0, length), out why);
            Assert.Equal(decoded, why == Malformed.None);
            if (everyTruncationFails) Assert.False(decoded, $"{name} of {length} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Packet_MutatedAtRandom_NeverThrows(int index)
    {
        (_, byte[] good, Views.Decode decode, _) = Views.All[index];
        Gen<(int At, byte Value)[]> changes = Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 6];
        Gen.Select(changes, Gen.Int[0, good.Length]).Sample((mutations, length) =>
        {
            byte[] bytes = (byte[])good.Clone();
            foreach ((int at, byte value) in mutations) bytes[at] = value;

            // Most mutations break NHRP's checksum: repair it, so that what is behind it gets its share.
            if (Views.All[index].Name == nameof(NhrpView)) Repair(bytes);
            foreach (int end in (int[])[length, bytes.Length])
            {
                bool decoded = decode(bytes.AsSpan(0, end), out Malformed why);
                Assert.Equal(decoded, why == Malformed.None);
            }
        }, iter: 20_000);
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Bytes_AtRandom_NeverThrow(int index) => Gen.Byte.Array[0, 200].Sample(
        bytes => Views.All[index].Decode(bytes, out Malformed why) == (why == Malformed.None), iter: 20_000);

    [Fact]
    public void Captures_OfAllKinds_DecodeOrAreRefusedByName()
    {
        int packets = 0, gre = 0;
        foreach (byte[] packet in Recorded.Files().SelectMany(Recorded.IpPackets))
        {
            packets++;
            foreach ((_, _, Views.Decode decode, _) in Views.All)
            {
                bool decoded = decode(packet, out Malformed why);
                Assert.Equal(decoded, why == Malformed.None);
            }
            if (!IpView.TryParse(packet, out IpView ip, out _) || ip.Protocol != IpProtocol.Gre || ip.IsFragment) continue;
            if (!GreView.TryParse(ip.Payload, out GreView view, out Malformed refused))
            {
                Assert.NotEqual(Malformed.None, refused);
                continue;
            }
            gre++;

            // What decodes encodes to the same bytes; Reserved0 bits, which a receiver ignores, are zero in all of these.
            byte[] again = new byte[ip.Payload.Length];
            Array.Fill(again, (byte)0xA5);
            view.Payload.CopyTo(again.AsSpan(view.HeaderLength));
            view.Header.Write(again);
            Assert.Equal(ip.Payload.ToArray(), again);
        }
        Assert.True(packets > 500 && gre > 70, $"{packets} packets, {gre} of them GRE");
    }

    private static void Repair(byte[] nhrp)
    {
        int size = Math.Min(nhrp.Length, nhrp[10] << 8 | nhrp[11]);
        if (size < 14) return;
        nhrp[12] = nhrp[13] = 0;
        ushort checksum = InternetChecksum.Compute(nhrp.AsSpan(0, size));
        (nhrp[12], nhrp[13]) = ((byte)(checksum >> 8), (byte)checksum);
    }
}
