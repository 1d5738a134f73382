using Dmvpn.Wire.Ike;

namespace Dmvpn.Wire.Tests.Ike;

/// <summary>A message of strongSwan 5.9 (lab capture 10-ipsec-gcm, frame 1), and payload bodies written by hand from the figures of RFC 7296 3.</summary>
internal static class IkeGolden
{
    /// <summary>IKE_SA_INIT request: two proposals, group 20, nonce, NAT detection, fragmentation, signature hashes, redirect.</summary>
    public static readonly byte[] SaInitRequest = Convert.FromHexString(
        "133c4bef48da539e0000000000000000" + "2120220800000000" + "00000154" +
        "22000054" +
        "0200002401010003" + "0300000c01000014800e0100" + "0300000802000006" + "0000000804000014" +
        "0000002c02010004" + "0300000c0100000c800e0100" + "030000080300000c" + "0300000802000005" + "000000080400000e" +
        "28000068" + "00140000" +
        "d66418f3f30ea7a31ff158edd8802153fe1a2f2027de975ba90dcaa3fe76abd0eef280fd65081b09e244720e0bde887b" +
        "73c80ec83ebb1724811ea39bbc3af9b204fc664fb153f593ee4a3b4730ce7432058b513b46fda912565ae397004a99e1" +
        "29000024" + "3c3a50ba897ec0dc5db482325f3e00361315975314930fab4b5648672901a5fe" +
        "2900001c" + "00004004" + "309acb25d8ddc2b2a073efde9d55dd8ee761bbb6" +
        "2900001c" + "00004005" + "87ee1e5d58dfb1fdd392221c8c873f6a0a46bf41" +
        "29000008" + "0000402e" +
        "29000010" + "0000402f" + "0002000300040005" +
        "00000008" + "00004016");

    public static readonly IkeHeader SaInitHeader = new(
        0x133c4bef48da539e, 0, IkePayloadType.SecurityAssociation, IkeExchangeType.SaInit, IkeFlags.Initiator, 0);

    /// <summary>The two proposals of <see cref="SaInitRequest"/>.</summary>
    public static readonly IkeProposal[] Proposals =
    [
        new(1, IkeProtocolId.Ike, 0,
        [
            new(IkeTransformType.Encryption, (ushort)EncryptionId.AesGcm16, 256), new(IkeTransformType.Prf, (ushort)PrfId.HmacSha384),
            new(IkeTransformType.KeyExchange, (ushort)DhGroup.Ecp384),
        ]),
        new(2, IkeProtocolId.Ike, 0,
        [
            new(IkeTransformType.Encryption, (ushort)EncryptionId.AesCbc, 256), new(IkeTransformType.Integrity, (ushort)IntegrityId.HmacSha256),
            new(IkeTransformType.Prf, (ushort)PrfId.HmacSha256), new(IkeTransformType.KeyExchange, (ushort)DhGroup.Modp2048),
        ]),
    ];

    /// <summary>ESP, SPI 0xC1C2C3C4: AES-GCM-16 with 128 bits, group 31, no ESN; then an IKE rekey.</summary>
    public const string ChildProposals =
        "02000028" + "01030403" + "c1c2c3c4" + "0300000c01000014800e0080" + "030000080400001f" + "0000000805000000" +
        "00000020" + "02010802" + "0102030405060708" + "0300000802000005" + "000000080400001f";

    /// <summary>GRE from 192.0.2.1, and all TCP ports 80 to 90 of 2001:db8::/112.</summary>
    public const string Selectors =
        "02000000" + "072f0010" + "0000ffff" + "c0000201" + "c0000201" +
        "08060028" + "0050005a" + "20010db8000000000000000000000000" + "20010db800000000000000000000ffff";

    public static byte[] Payload(string body, byte next = 0) =>
        Convert.FromHexString($"{next:x2}00{4 + body.Length / 2:x4}{body}");

    /// <summary>A chain as it is within an SK payload: IDi, CERT, CERTREQ, AUTH, N, D, SA, TSi, TSr, V.</summary>
    public static byte[] InnerChain =>
    [
        .. Payload("02000000" + "73706f6b65", 37), .. Payload("04" + "3082", 38), .. Payload("04" + new string('1', 40), 39),
        .. Payload("0e000000" + "aabb", 41), .. Payload("03044009" + "01020304" + "ff", 42), .. Payload("03040002" + "0000010000000101", 33),
        .. Payload(ChildProposals, 44), .. Payload(Selectors, 45), .. Payload(Selectors, 43), .. Payload("beef"),
    ];
}
