using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Interop.Tests;

/// <summary>One way to agree, in the words of both sides.</summary>
/// <param name="Name">What a failure is called.</param>
/// <param name="Keys">Kind of the certificates' keys (<see cref="LabPki.CreateAsync"/>); null: pre-shared key.</param>
/// <param name="Ours">Our proposal and transform set.</param>
/// <param name="Ike">strongSwan's IKE proposal.</param>
/// <param name="Esp">strongSwan's ESP proposal.</param>
/// <param name="IkeSuite">What strongSwan says has been agreed on for IKE.</param>
/// <param name="EspSuite">... and for ESP.</param>
internal sealed record IpsecCase(string Name, string? Keys, ProtectionText Ours, string Ike, string Esp, string IkeSuite, string EspSuite)
{
    /// <summary>strongSwan's name of the connection and its child.</summary>
    public const string Connection = "gre";

    private static readonly ProtectionText Gcm = new() { TunnelMode = true }, Cbc = new()
    {
        TunnelMode = true,
        Encryption = "aes-cbc-256",
        Integrity = "sha256",
        Prf = "sha256",
        Transform = "esp-aes 256 esp-sha256-hmac",
    }, ChaCha = new() { TunnelMode = true, Encryption = "chacha20-poly1305", Prf = "sha256", Transform = "esp-chacha20-poly1305" };

    /// <summary>Each kind of key, cipher and group at least twice, in different company.</summary>
    public static IReadOnlyList<IpsecCase> All { get; } =
    [
        new("psk gcm group19", null, Gcm, "aes256gcm16-prfsha384-ecp256", "aes256gcm16", "AES_GCM_16-256/PRF_HMAC_SHA2_384/ECP_256", "AES_GCM_16-256"),
        new("psk cbc group14", null, Cbc with { Group = 14 }, "aes256-sha256-modp2048", "aes256-sha256",
            "AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048", "AES_CBC-256/HMAC_SHA2_256_128"),
        new("rsa chacha group31", "rsa 2048", ChaCha with { Group = 31 }, "chacha20poly1305-prfsha256-x25519", "chacha20poly1305",
            "CHACHA20_POLY1305/PRF_HMAC_SHA2_256/CURVE_25519", "CHACHA20_POLY1305"),
        new("rsa cbc group19", "rsa 3072", Cbc with { Transform = "esp-aes 128 esp-sha512-hmac" }, "aes256-sha256-ecp256", "aes128-sha512",
            "AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/ECP_256", "AES_CBC-128/HMAC_SHA2_512_256"),
        new("ecdsa gcm group31", "ecdsa 256", Gcm with { Group = 31, Encryption = "aes-gcm-128", Transform = "esp-gcm 128", Prf = "sha256" }, "aes128gcm16-prfsha256-x25519", "aes128gcm16",
            "AES_GCM_16-128/PRF_HMAC_SHA2_256/CURVE_25519", "AES_GCM_16-128"),
        new("ecdsa384 chacha group14", "ecdsa 384", ChaCha with { Group = 14 }, "chacha20poly1305-prfsha256-modp2048", "chacha20poly1305",
            "CHACHA20_POLY1305/PRF_HMAC_SHA2_256/MODP_2048", "CHACHA20_POLY1305"),
        new("ed25519 gcm group14", "ed25519", Gcm with { Group = 14 }, "aes256gcm16-prfsha384-modp2048", "aes256gcm16", "AES_GCM_16-256/PRF_HMAC_SHA2_384/MODP_2048", "AES_GCM_16-256"),
        new("ed25519 cbc group31", "ed25519", Cbc with { Group = 31, Transform = "esp-aes 256 esp-sha384-hmac" }, "aes256-sha256-x25519", "aes256-sha384",
            "AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/CURVE_25519", "AES_CBC-256/HMAC_SHA2_384_192"),
    ];

    /// <summary>The first one, for tests that are about something else.</summary>
    public static IpsecCase Plain => All[0];

    public static IpsecCase Of(string name) => All.Single(c => c.Name == name);

    /// <summary>What both sides are told, with certificates made for this run.</summary>
    public async Task<(ProtectionText Ours, SwanConnection Theirs, SwanCredentials Credentials)> MakeAsync(LabRun run)
    {
        var theirs = new SwanConnection(Connection) { Proposals = Ike, EspProposals = Esp };
        if (Keys is null)
            return (Ours, theirs, new SwanCredentials { PreSharedKey = ProtectionText.Key });
        if (LabPki.Obstacle is { } obstacle)
            Assert.Skip(obstacle);
        LabPki pki = await LabPki.CreateAsync(run, Keys);
        await pki.IssueAsync("ours");
        LabCertificate other = await pki.IssueAsync("theirs");
        return (Ours with { Pki = pki, Certificate = "ours" }, theirs with { Certificate = "own.pem" }, new SwanCredentials
        {
            Files = new Dictionary<string, string> { ["x509/own.pem"] = other.Certificate, ["private/own.pem"] = other.Key, ["x509ca/ca.pem"] = pki.Authority },
        });
    }
}
