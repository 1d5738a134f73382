using CsCheck;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Wire.Tests.Ike;

public sealed class IkeTextTests
{
    [Fact]
    public void SaInit_OfStrongSwan_ReadsAsIosWritesIt()
    {
        Assert.True(IkeView.TryParse(IkeGolden.SaInitRequest, out IkeView view, out _));
        const string Expected =
            """
            Initiator SPI : 133C4BEF48DA539E - Responder SPI : 0000000000000000 Message id: 0
            IKEv2 IKE_SA_INIT Exchange REQUEST, flags: INITIATOR, length: 340
            Payload contents:
             SA  Next payload: KE, length: 84
                Proposal: 1, Protocol id: IKE, #trans: 3
                  type: 1, id: AES-GCM-256
                  type: 2, id: SHA384
                  type: 4, id: DH_GROUP_384_ECP/Group 20
                Proposal: 2, Protocol id: IKE, #trans: 4
                  type: 1, id: AES-CBC-256
                  type: 3, id: SHA256
                  type: 2, id: SHA256
                  type: 4, id: DH_GROUP_2048_MODP/Group 14
             KE  Next payload: N, length: 104
                DH group: 20, 96 octets
             N  Next payload: NOTIFY, length: 36
             NOTIFY(NAT_DETECTION_SOURCE_IP)  Next payload: NOTIFY, length: 28
                Security protocol id: Unknown - 0, type: NAT_DETECTION_SOURCE_IP, data: 309ACB25D8DDC2B2A073EFDE9D55DD8EE761BBB6
             NOTIFY(NAT_DETECTION_DESTINATION_IP)  Next payload: NOTIFY, length: 28
                Security protocol id: Unknown - 0, type: NAT_DETECTION_DESTINATION_IP, data: 87EE1E5D58DFB1FDD392221C8C873F6A0A46BF41
             NOTIFY(IKEV2_FRAGMENTATION_SUPPORTED)  Next payload: NOTIFY, length: 8
                Security protocol id: Unknown - 0, type: IKEV2_FRAGMENTATION_SUPPORTED
             NOTIFY(SIGNATURE_HASH_ALGORITHMS)  Next payload: NOTIFY, length: 16
                Security protocol id: Unknown - 0, type: SIGNATURE_HASH_ALGORITHMS, data: SHA256 SHA384 SHA512 Identity
             NOTIFY(REDIRECT_SUPPORTED)  Next payload: NONE, length: 8
                Security protocol id: Unknown - 0, type: REDIRECT_SUPPORTED
            """;
        Assert.Equal(Expected.ReplaceLineEndings("\n"), IkeText.Format(view));
    }

    [Fact]
    public void InnerPayloads_OfEveryKind_AreNamedAndDescribed()
    {
        Assert.True(IkePayloadChain.TryParse(IkePayloadType.IdInitiator, IkeGolden.InnerChain, out IkePayloadChain chain, out _));
        const string Expected =
            """
             IDi  Next payload: CERT, length: 13
                Id type: FQDN, spoke
             CERT  Next payload: CERTREQ, length: 7
                Cert encoding X.509 Certificate - signature, 2 octets
             CERTREQ  Next payload: AUTH, length: 25
                Cert encoding X.509 Certificate - signature, 1 authorities
             AUTH  Next payload: NOTIFY, length: 10
                Auth method Digital-Signature, 2 octets
             NOTIFY(REKEY_SA)  Next payload: DELETE, length: 13
                Security protocol id: ESP, spi: 01020304, type: REKEY_SA, data: FF
             DELETE  Next payload: SA, length: 16
                Security protocol id: ESP, num of spi: 2, spi: 0x00000100 0x00000101
             SA  Next payload: TSi, length: 76
                Proposal: 1, Protocol id: ESP, spi: 0xC1C2C3C4, #trans: 3
                  type: 1, id: AES-GCM-128
                  type: 4, id: DH_GROUP_CURVE25519/Group 31
                  type: 5, id: Don't use ESN
                Proposal: 2, Protocol id: IKE, spi: 0102030405060708, #trans: 2
                  type: 2, id: SHA256
                  type: 4, id: DH_GROUP_CURVE25519/Group 31
             TSi  Next payload: TSr, length: 64
                TS type: TS_IPV4_ADDR_RANGE, proto id: 47, start port: 0, end port: 65535
                 start addr: 192.0.2.1, end addr: 192.0.2.1
                TS type: TS_IPV6_ADDR_RANGE, proto id: 6, start port: 80, end port: 90
                 start addr: 2001:db8::, end addr: 2001:db8::ffff
             TSr  Next payload: VID, length: 64
                TS type: TS_IPV4_ADDR_RANGE, proto id: 47, start port: 0, end port: 65535
                 start addr: 192.0.2.1, end addr: 192.0.2.1
                TS type: TS_IPV6_ADDR_RANGE, proto id: 6, start port: 80, end port: 90
                 start addr: 2001:db8::, end addr: 2001:db8::ffff
             VID  Next payload: NONE, length: 6
                BEEF
            """;
        Assert.Equal(Expected.ReplaceLineEndings("\n"), IkeText.Format(chain));
        Assert.True(IkeText.TryCheck(chain, out _, out _));
    }

    [Theory]
    [InlineData(IkeNotifyType.QuickCrashDetection)]
    [InlineData(IkeNotifyType.TicketOpaque)]
    [InlineData(IkeNotifyType.TicketLtOpaque)]
    [InlineData(IkeNotifyType.Cookie2)]
    public void Notify_WithASecret_IsOnlyCounted(IkeNotifyType type)
    {
        byte[] bytes = Chain([0, 0, (byte)((ushort)type >> 8), (byte)type, 0xDE, 0xAD, 0xBE, 0xEF, 0xDE, 0xAD, 0xBE, 0xEF]);
        Assert.True(IkePayloadChain.TryParse(IkePayloadType.Notify, bytes, out IkePayloadChain chain, out _));
        string text = IkeText.Format(chain);
        Assert.DoesNotContain("BEEF", text);
        Assert.Contains("octets", text);
    }

    [Fact]
    public void Authentication_Data_IsOnlyCounted()
    {
        // What a pre-shared key could be guessed with.
        byte[] bytes = Chain([2, 0, 0, 0, 0xDE, 0xAD, 0xBE, 0xEF]);
        Assert.True(IkePayloadChain.TryParse(IkePayloadType.Authentication, bytes, out IkePayloadChain chain, out _));
        Assert.Contains("Auth method PSK, 4 octets", IkeText.Format(chain));
        Assert.DoesNotContain("DEAD", IkeText.Format(chain));
    }

    [Fact]
    public void Names_WrittenByThePeer_AreShortAndCannotMoveACursor()
    {
        byte[] name = [.. Enumerable.Repeat((byte)'x', 30000), 0x1B, (byte)'[', (byte)'H'];
        byte[] bytes = Chain([2, 0, 0, 0, .. name]);
        Assert.True(IkePayloadChain.TryParse(IkePayloadType.IdInitiator, bytes, out IkePayloadChain chain, out _));
        string text = IkeText.Format(chain);
        Assert.True(text.Length < 300, $"{text.Length} characters");
        Assert.Equal("\"strongSwan\"", IkeText.VendorId("strongSwan"u8));
        Assert.Equal("1B5B48", IkeText.VendorId([0x1B, (byte)'[', (byte)'H']));
        Assert.Equal($"{new string('0', 40)}… (21 octets)", IkeText.Octets(new byte[21]));
    }

    [Theory]
    [InlineData(IkePayloadType.SecurityAssociation, "0000", Malformed.ProposalTruncated)]
    [InlineData(IkePayloadType.KeyExchange, "0013", Malformed.Truncated)]
    [InlineData(IkePayloadType.IdResponder, "0100000001", Malformed.BadAddressLength)]
    [InlineData(IkePayloadType.Certificate, "", Malformed.Truncated)]
    [InlineData(IkePayloadType.Authentication, "02", Malformed.Truncated)]
    [InlineData(IkePayloadType.Notify, "03080000", Malformed.LengthTooLarge)]
    [InlineData(IkePayloadType.Delete, "03040009", Malformed.LengthTooLarge)]
    [InlineData(IkePayloadType.TrafficSelectorResponder, "01000000", Malformed.SelectorTruncated)]
    [InlineData(IkePayloadType.EncryptedFragment, "0001", Malformed.Truncated)]
    public void Body_ThatIsBroken_IsCalledSoByName(IkePayloadType type, string body, Malformed expected)
    {
        byte[] bytes = Chain(Convert.FromHexString(body));
        Assert.True(IkePayloadChain.TryParse(type, bytes, out IkePayloadChain chain, out _));
        Assert.False(IkeText.TryCheck(chain, out IkePayloadType wrong, out Malformed why));
        Assert.Equal((type, expected), (wrong, why));
        Assert.Contains($"malformed: {expected}", IkeText.Format(chain));
    }

    [Fact]
    public void AnyBytes_Formatted_DoNotThrow() => Gen.Byte.Array[0, 400].Select(Gen.Byte).Sample((bytes, first) =>
    {
        if (IkePayloadChain.TryParse((IkePayloadType)first, bytes, out IkePayloadChain chain, out _)) Assert.NotNull(IkeText.Format(chain));
    });

    [Fact]
    public void GoldenBytes_Mutated_DoNotThrow() =>
        Gen.Int[0, IkeGolden.InnerChain.Length - 1].Select(Gen.Byte).Array[1, 6].Sample(changes =>
        {
            byte[] bytes = IkeGolden.InnerChain;
            foreach ((int at, byte value) in changes) bytes[at] = value;
            if (IkePayloadChain.TryParse(IkePayloadType.IdInitiator, bytes, out IkePayloadChain chain, out _)) Assert.NotEmpty(IkeText.Format(chain));
        });

    private static byte[] Chain(byte[] body) => [0, 0, (byte)(body.Length + 4 >> 8), (byte)(body.Length + 4), .. body];
}
