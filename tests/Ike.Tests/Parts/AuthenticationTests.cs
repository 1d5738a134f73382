using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Parts;

/// <summary>AUTH of shared keys (RFC 7296 2.15, RFC 5723 4.3.3), NAT detection (2.23), vendor ids, signature hashes (RFC 7427).</summary>
public sealed class AuthenticationTests
{
    [Fact]
    public void Octets_AreMessageNonceAndMacOfTheIdentity_EveryOctetCounts()
    {
        byte[] message = KeyScheduleTests.Bytes(60, 1), nonce = KeyScheduleTests.Bytes(32, 2), skP = KeyScheduleTests.Bytes(32, 3), id = [2, 0, 0, 0, (byte)'a'];
        byte[] octets = IkeAuthenticationOctets.Signed(PrfId.HmacSha256, skP, message, nonce, id);
        byte[] mac = new byte[32];
        Prf.Compute(PrfId.HmacSha256, skP, id, mac);
        Assert.Equal([.. message, .. nonce, .. mac], octets);
        // The reserved octets of the identity payload are covered as well.
        id[2] = 1;
        Assert.NotEqual(octets, IkeAuthenticationOctets.Signed(PrfId.HmacSha256, skP, message, nonce, id));
    }

    [Fact]
    public void SharedKey_AnotherKeyOrOctet_DoesNotMatch_ResumptionHasNoPad()
    {
        byte[] octets = KeyScheduleTests.Bytes(100, 1), auth = IkeAuthenticationOctets.SharedKey(PrfId.HmacSha256, "cisco", octets), pad = new byte[32], mac = new byte[32];
        Prf.Compute(PrfId.HmacSha256, "cisco"u8, "Key Pad for IKEv2"u8, pad);
        Prf.Compute(PrfId.HmacSha256, pad, octets, mac);
        Assert.Equal(mac, auth);
        Assert.True(IkeAuthenticationOctets.Matches(auth, mac));
        Assert.False(IkeAuthenticationOctets.Matches(auth, mac.AsSpan(..31)));
        Assert.False(IkeAuthenticationOctets.Matches(auth, IkeAuthenticationOctets.SharedKey(PrfId.HmacSha256, "Cisco", octets)));
        octets[50] ^= 1;
        Assert.False(IkeAuthenticationOctets.Matches(auth, IkeAuthenticationOctets.SharedKey(PrfId.HmacSha256, "cisco", octets)));
        Prf.Compute(PrfId.HmacSha256, "cisco"u8, octets, mac);
        Assert.Equal(mac, IkeAuthenticationOctets.Resumed(PrfId.HmacSha256, "cisco"u8, octets));
    }

    [Theory]
    [InlineData("192.0.2.1:500", "198.51.100.1:500", false, false)]
    [InlineData("192.0.2.1:1024", "198.51.100.1:500", true, false)]
    [InlineData("192.0.2.9:500", "198.51.100.1:500", true, false)]
    [InlineData("192.0.2.1:500", "10.0.0.1:500", false, true)]
    [InlineData("192.0.2.1:1024", "10.0.0.1:4500", true, true)]
    public void NatDetection_SeesWhichEndIsBehindOne(string source, string destination, bool peer, bool local)
    {
        IkeEndpoint from = End("192.0.2.1:500"), to = End("198.51.100.1:500");
        IkePayloadChain payloads = Chains.Of((ref IkePayloadWriter writer) =>
        {
            writer.Notify(IkeNotifyType.NatDetectionSourceIp, NatDetection.Hash(7, 0, from));
            writer.Notify(IkeNotifyType.NatDetectionDestinationIp, NatDetection.Hash(7, 0, to));
        });
        NatSituation seen = NatDetection.Read(payloads, 7, 0, new IkePath(null, End(destination), End(source)));
        Assert.Equal(new NatSituation(true, peer, local), seen);
        Assert.Equal(peer || local, seen.Any);
    }

    [Fact]
    public void NatDetection_SeveralSources_OneFits_IsNoNat_AndWithoutHashesNothingIsKnown()
    {
        IkeEndpoint a = End("192.0.2.1:500"), b = End("[2001:db8::1]:500");
        IkePayloadChain payloads = Chains.Of((ref IkePayloadWriter writer) =>
        {
            writer.Notify(IkeNotifyType.NatDetectionSourceIp, NatDetection.Hash(7, 0, End("10.0.0.1:500")));
            writer.Notify(IkeNotifyType.NatDetectionSourceIp, NatDetection.Hash(7, 0, b));
            writer.Notify(IkeNotifyType.NatDetectionSourceIp, NatDetection.Hash(7, 0, End("10.0.0.2:500")));
            writer.Notify(IkeNotifyType.NatDetectionDestinationIp, NatDetection.Hash(7, 0, a));
        });
        Assert.Equal(new NatSituation(true, false, false), NatDetection.Read(payloads, 7, 0, new IkePath(null, a, b)));
        Assert.Equal(new NatSituation(true, true, true), NatDetection.Read(payloads, 8, 0, new IkePath(null, a, b)));
        Assert.Equal(default, NatDetection.Read(Chains.Of(IkePayloadType.Nonce), 7, 0, new IkePath(null, a, b)));
        IkePayloadChain pretended = Chains.Of((ref IkePayloadWriter writer) =>
        {
            writer.Notify(IkeNotifyType.NatDetectionSourceIp, NatDetection.Pretended(new SeededRandom(1)));
            writer.Notify(IkeNotifyType.NatDetectionDestinationIp, NatDetection.Hash(7, 0, a));
        });
        Assert.Equal(new NatSituation(true, true, false), NatDetection.Read(pretended, 7, 0, new IkePath(null, a, b)));
    }

    [Fact]
    public void VendorIds_KnownOnesHaveNames()
    {
        Assert.Equal("OpenDMVPN", VendorIds.NameOf(VendorIds.Ours));
        Assert.Equal("Cisco FlexVPN", VendorIds.NameOf("FLEXVPN-SUPPORTED"u8));
        Assert.Equal("Cisco IOS", VendorIds.NameOf("CISCO(COPYRIGHT)&Copyright (c) 2009 Cisco Systems, Inc."u8));
        Assert.Equal("Cisco delete reason", VendorIds.NameOf("CISCO-DELETE-REASON"u8));
        Assert.Equal("fragmentation before RFC 7383", VendorIds.NameOf(Convert.FromHexString("4048b7d56ebce88525e7de7f00d6c2d380000000")));
        Assert.Equal("strongSwan", VendorIds.NameOf(System.Security.Cryptography.MD5.HashData("strongSwan"u8)));
        Assert.Null(VendorIds.NameOf("FLEXVPN"u8));
        Assert.Null(VendorIds.NameOf([]));
    }

    [Theory]
    [InlineData("0002000300040005", "Sha256 Sha384 Sha512 Identity")]
    [InlineData("00020002", "Sha256")]
    [InlineData("000100AA00050000", "Sha1 Identity")]
    [InlineData("000200", "")]
    [InlineData("", "")]
    public void SignatureHashes_KnownOnesAreRead(string data, string expected) => Assert.Equal(
        expected, string.Join(' ', SignatureHashes.Read(Chains.Of((ref IkePayloadWriter writer) => writer.Notify(IkeNotifyType.SignatureHashAlgorithms, Convert.FromHexString(data))))));

    [Fact]
    public void SignatureHashes_OursHaveNoSha1()
    {
        Assert.Equal("0002000300040005", Convert.ToHexString(SignatureHashes.Ours));
        Assert.Empty(SignatureHashes.Read(Chains.Of(IkePayloadType.Nonce)));
    }

    private static IkeEndpoint End(string text)
    {
        int colon = text.LastIndexOf(':');
        return new(IpAddress.Parse(text[..colon].Trim('[', ']')), ushort.Parse(text[(colon + 1)..]));
    }
}
