using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Bench.Ike;

/// <summary>One way of setting an IKE SA up.</summary>
/// <param name="Certificates">ECDSA P-256 certificates at both ends; else a pre-shared key.</param>
/// <param name="Group">19 or 31.</param>
internal sealed record IkeCase(bool Certificates, DhGroup Group)
{
    public static IReadOnlyList<IkeCase> All { get; } =
    [
        new(false, DhGroup.Ecp256), new(false, DhGroup.Curve25519), new(true, DhGroup.Ecp256), new(true, DhGroup.Curve25519),
    ];

    public const string SharedKey = "bench-secret-0815";

    public string Name => $"{(Certificates ? "ECDSA P-256" : "PSK")}, group {(int)Group}";

    public IkeSuite Suite => new(EncryptionId.AesGcm16, 128, IntegrityId.None, PrfId.HmacSha256, Group);

    /// <summary>What a spoke proposes.</summary>
    public IkeProposal[] Offer =>
    [
        new(1, IkeProtocolId.Ike, 0,
        [
            new(IkeTransformType.Encryption, (ushort)Suite.Encryption, (ushort)Suite.KeyBits), new(IkeTransformType.Prf, (ushort)Suite.Prf),
            new(IkeTransformType.KeyExchange, (ushort)Suite.Group),
        ]),
    ];

    /// <summary>The same in strongSwan's words.</summary>
    public string SwanProposal => $"aes128gcm16-prfsha256-{(Group == DhGroup.Ecp256 ? "ecp256" : "x25519")}";
}
