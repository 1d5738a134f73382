using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Harness;

/// <summary>Configurations of routers that prove themselves with a key or a certificate.</summary>
internal static class Configs
{
    /// <summary>Quick to compute; the algorithms have tests of their own.</summary>
    public static Ikev2Proposal Quick { get; } = new()
    {
        Name = "Q",
        Encryption = [new(EncryptionId.AesGcm16, 128)],
        Prf = [PrfId.HmacSha256],
        Groups = [DhGroup.Curve25519, DhGroup.Ecp256],
    };

    /// <summary>A router with this name, and one key for everybody.</summary>
    public static IkeConfig SharedKey(string name, string key = "secret") => new()
    {
        Proposals = [Quick],
        Policies = [new Ikev2Policy { Name = "POL", Proposals = ["Q"] }],
        Keyrings = [new Ikev2Keyring { Name = "K", Peers = [new Ikev2KeyringPeer { Name = "ANY", Address = IpPrefix.Parse("0.0.0.0/0"), LocalKey = key, RemoteKey = key }] }],
        Profiles =
        [
            new Ikev2Profile
            {
                Name = "PR",
                MatchRemote = [new IdentityMatch(IdentityMatchKind.FqdnDomain, "example.org")],
                LocalIdentity = IkeIdentity.Fqdn($"{name}.example.org"),
                LocalAuthentication = IkeAuthentication.PreShared,
                RemoteAuthentication = [IkeAuthentication.PreShared],
                Keyring = "K",
            },
        ],
        TransformSets = [new TransformSet { Name = "T", Encryption = new(EncryptionId.AesGcm16, 128), TunnelMode = false }],
        IpsecProfiles = [new IpsecProfile { Name = "P", TransformSets = ["T"], Ikev2Profile = "PR" }],
    };

    /// <summary>The same with another IKEv2 profile.</summary>
    public static IkeConfig With(this IkeConfig config, Func<Ikev2Profile, Ikev2Profile> change) => config with { Profiles = [change(config.Profiles[0])] };

    /// <summary>The same with another IPsec profile.</summary>
    public static IkeConfig With(this IkeConfig config, Func<IpsecProfile, IpsecProfile> change) => config with { IpsecProfiles = [change(config.IpsecProfiles[0])] };
}
