using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Rip;

namespace Dmvpn.Fuzz.Targets;

/// <summary>The first byte says which of the two protocols the rest is.</summary>
internal sealed class RipTarget : IFuzzTarget
{
    public static string Name => "rip";

    public static IEnumerable<byte[]> Seeds =>
    [
        [0, .. new RipPacket { Routes = [RipEntry.Of(IpPrefix.Parse("10.1.0.0/16"), 3), RipEntry.WholeTable] }.ToBytes()],
        [0, .. Convert.FromHexString("02020000FFFF0003002C051400000007000000000000000000020000" + "0A090800FFFFFF000000000000000003FFFF0001" + "00112233445566778899AABBCCDDEEFF")],
        [1, .. new RipngPacket { Entries = [RipngEntry.NextHop(IpAddress.Parse("fe80::1")), RipngEntry.Of(IpPrefix.Parse("2001:db8::/32"), 1)] }.ToBytes()],
    ];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty) return;
        ReadOnlySpan<byte> message = input[1..];
        byte[] ours;
        if (input[0] % 2 == 0)
        {
            if (!Check.Answer(RipView.TryParse(message, out RipView view, out Malformed why), why)) return;
            for (int i = 0; i < view.Count; i++) view[i].TryGetPrefix(out _);
            RipAuthentication authentication = view.Authentication;
            if (authentication.IsDigest) _ = (authentication.SignedLength, authentication.KeyId, authentication.DigestLength, authentication.Sequence, authentication.Digest.Length);
            ours = view.ToPacket().ToBytes();
        }
        else
        {
            if (!Check.Answer(RipngView.TryParse(message, out RipngView view, out Malformed why), why)) return;
            for (int i = 0; i < view.Count; i++) view[i].TryGetPrefix(out _);
            ours = view.ToPacket().ToBytes();
        }
        Check.That(message.SequenceEqual(ours), $"differs at byte {message.CommonPrefixLength(ours)}");
    }

    public static void Repair(Span<byte> input)
    {
        if (input.Length > 2) (input[1], input[2]) = ((byte)(1 + input[1] % 2), (byte)(input[0] % 2 == 0 ? 2 : 1));
    }
}
