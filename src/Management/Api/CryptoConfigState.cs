using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary>
/// <c>show crypto ikev2 {proposal|policy|profile}</c> and <c>show crypto ipsec {profile|transform-set}</c>: the configuration in force, defaults included. No key and no
/// password is in it.
/// </summary>
public sealed record CryptoConfigState
{
    /// <summary><c>crypto ikev2 proposal</c>.</summary>
    public IReadOnlyList<CryptoProposal> Proposals { get; init; } = [];

    /// <summary><c>crypto ikev2 policy</c>.</summary>
    public IReadOnlyList<CryptoPolicy> Policies { get; init; } = [];

    /// <summary><c>crypto ikev2 profile</c>.</summary>
    public IReadOnlyList<CryptoIkev2Profile> Ikev2Profiles { get; init; } = [];

    /// <summary><c>crypto ipsec profile</c>.</summary>
    public IReadOnlyList<CryptoIpsecProfile> IpsecProfiles { get; init; } = [];

    /// <summary><c>crypto ipsec transform-set</c>.</summary>
    public IReadOnlyList<CryptoTransformSet> TransformSets { get; init; } = [];
}

/// <summary>A proposal of IKE: what is offered, best first.</summary>
public sealed record CryptoProposal
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>"AES-CBC-256".</summary>
    public IReadOnlyList<string> Encryption { get; init; } = [];

    /// <summary>"SHA512"; empty with combined-mode ciphers.</summary>
    public IReadOnlyList<string> Integrity { get; init; } = [];

    /// <summary>"SHA512".</summary>
    public IReadOnlyList<string> Prf { get; init; } = [];

    /// <summary>"DH_GROUP_256_ECP/Group 19".</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
}

/// <summary>Which proposals count where.</summary>
public sealed record CryptoPolicy
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Network namespace: a name, "global" or "any".</summary>
    public string Fvrf { get; init; } = "any";

    /// <summary>Local addresses; empty is any.</summary>
    public IReadOnlyList<IpAddress> LocalAddresses { get; init; } = [];

    /// <summary>Names of proposals.</summary>
    public IReadOnlyList<string> Proposals { get; init; } = [];
}

/// <summary>Whom we talk to, and how both ends prove who they are.</summary>
public sealed record CryptoIkev2Profile
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>IKE SAs that use it.</summary>
    public int References { get; init; }

    /// <summary>Network namespace: a name or "any".</summary>
    public string Fvrf { get; init; } = "any";

    /// <summary>Local addresses; empty is any.</summary>
    public IReadOnlyList<IpAddress> LocalAddresses { get; init; } = [];

    /// <summary>Interfaces whose addresses count as local ones.</summary>
    public IReadOnlyList<string> LocalInterfaces { get; init; } = [];

    /// <summary>Rules for the peer's identity: "address 0.0.0.0/0".</summary>
    public IReadOnlyList<string> RemoteIdentities { get; init; } = [];

    /// <summary>Who we say we are; null is the local address.</summary>
    public string? LocalIdentity { get; init; }

    /// <summary>"pre-share".</summary>
    public string? LocalAuthentication { get; init; }

    /// <summary>"pre-share".</summary>
    public IReadOnlyList<string> RemoteAuthentication { get; init; } = [];

    /// <summary>Name of the keyring.</summary>
    public string? Keyring { get; init; }

    /// <summary>Trustpoint whose certificate signs.</summary>
    public string? SignTrustpoint { get; init; }

    /// <summary>Trustpoints that verify; empty is all.</summary>
    public IReadOnlyList<string> VerifyTrustpoints { get; init; } = [];

    /// <summary>Lifetime of IKE SAs.</summary>
    public long LifetimeSeconds { get; init; }

    /// <summary>Dead peer detection: seconds of silence; null without.</summary>
    public long? DpdSeconds { get; init; }

    /// <summary>Dead peer detection: seconds between questions.</summary>
    public long DpdRetrySeconds { get; init; }

    /// <summary>Dead peer detection without traffic too.</summary>
    public bool DpdPeriodic { get; init; }

    /// <summary>Seconds between NAT keepalives.</summary>
    public long NatKeepaliveSeconds { get; init; }

    /// <summary>Seconds after which peers authenticate again; null: never.</summary>
    public long? ReauthenticationSeconds { get; init; }
}

/// <summary>What <c>tunnel protection</c> names.</summary>
public sealed record CryptoIpsecProfile
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The IKEv2 profile; null: the one whose rules match.</summary>
    public string? Ikev2Profile { get; init; }

    /// <summary>Lifetime of ESP SAs in seconds.</summary>
    public long LifetimeSeconds { get; init; }

    /// <summary>Lifetime of ESP SAs in kilobytes; null without.</summary>
    public long? LifetimeKilobytes { get; init; }

    /// <summary>Seconds without traffic after which SAs that nobody needs go; null: never.</summary>
    public long? IdleSeconds { get; init; }

    /// <summary>Group of the SAs' own key exchange; null without.</summary>
    public int? PfsGroup { get; init; }

    /// <summary>Replay window in packets; 0 is off.</summary>
    public int ReplayWindow { get; init; }

    /// <summary>64-bit sequence numbers are offered first with every set.</summary>
    public bool Esn { get; init; }

    /// <summary>Its transform sets, best first.</summary>
    public IReadOnlyList<CryptoTransformSet> TransformSets { get; init; } = [];
}

/// <summary>A transform set.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Transform">"esp-256-aes esp-sha256-hmac".</param>
/// <param name="TunnelMode">Tunnel mode; false is transport mode.</param>
/// <param name="Esn">64-bit sequence numbers are offered first with it.</param>
public sealed record CryptoTransformSet(string Name, string Transform, bool TunnelMode, bool Esn = false);
