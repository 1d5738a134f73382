using Dmvpn.Ike;
using Dmvpn.Management.Config;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Tests.Config;

/// <summary>What is wrong with a <c>crypto</c> part is said with its line, the reason, and what to do.</summary>
public sealed class CryptoCheckTests
{
    private const string Base = """
        crypto pki trustpoint T
         ca-file ca.pem
         certificate-file c.pem
         key-file k.pem
        crypto ikev2 keyring K
         peer P
          address 192.0.2.1
          pre-shared-key s3cr3t-Qv7Yd0mZk2pWx9
        crypto ikev2 profile PR
         match identity remote fqdn a.example.net
         authentication remote pre-share
         authentication local pre-share
         keyring local K
        crypto ipsec profile IP
         set ikev2-profile PR
        interface Tunnel0
         ip address 10.0.0.1 255.255.255.0
         ip nhrp network-id 1
         tunnel source 192.0.2.9
         tunnel mode gre multipoint
         tunnel protection ipsec profile IP

        """;

    private const string Second = "interface Tunnel1\n ip address 10.1.0.1 255.255.255.0\n ip nhrp network-id 2\n tunnel source 192.0.2.9\n tunnel mode gre multipoint\n tunnel key 2\n";

    /// <summary>Lines behind the others, of which the first is line 22; the line of the error, its reason, and a part of the remedy.</summary>
    public static TheoryData<string, int, string, string> Refusals => new()
    {
        { "crypto ikev2 proposal A\n group 14\n", 22, "proposal A has no cipher", "Add 'encryption aes-cbc-256'" },
        { "crypto ikev2 proposal A\n encryption aes-cbc-256\n integrity sha256\n", 22, "proposal A has no group", "Add 'group 19 14'" },
        { "crypto ikev2 proposal A\n encryption aes-cbc-256\n group 14\n", 23, "proposal A has AES-CBC and no integrity algorithm", "integrity sha256" },
        { "crypto ikev2 proposal A\n encryption aes-cbc-256 aes-gcm-256\n integrity sha256\n group 14\n", 23, "AES-GCM and ChaCha20-Poly1305 cannot be in one proposal with AES-CBC (RFC 5282 8)", "two proposals" },
        { "crypto ikev2 proposal A\n encryption 3des\n", 23, "this encryption is weak and is not offered", "aes-cbc-256" },
        { "crypto ikev2 proposal A\n integrity md5\n", 23, "this integrity is weak and is not offered", "sha256" },
        { "crypto ikev2 proposal A\n group 2\n", 23, "this group is weak and is not offered", "group 14 or 19" },
        { "crypto ikev2 proposal A\n encryption aes-cbc-256 3des\n", 23, "'3des' is weak and is not offered", "Remove it" },
        { "crypto ikev2 proposal A\n group 14 5\n", 23, "'5' is weak and is not offered", "Remove it" },
        { "crypto ikev2 proposal A\n encryption aes-cbc-256 aes-cbc-265\n", 23, "'aes-cbc-265' is not known here", "Did you mean 'aes-cbc-" },
        { "crypto ikev2 policy Q\n proposal X\n", 23, "there is no 'crypto ikev2 proposal X'", "Define it" },
        { "crypto ikev2 profile B\n authentication local certificate\n authentication remote certificate\n", 22, "profile B fits no peer", "match identity remote" },
        { "crypto ikev2 profile B\n match identity remote any\n authentication remote certificate\n", 22, "profile B does not say how this router proves itself", "authentication local" },
        { "crypto ikev2 profile B\n match identity remote any\n authentication local certificate\n", 22, "profile B does not say how peers prove themselves", "authentication remote" },
        { "crypto ikev2 profile PR\n keyring local NONE\n", 23, "there is no 'crypto ikev2 keyring NONE'", "Define it" },
        { "crypto ikev2 profile PR\n no keyring local\n", 22, "profile PR uses pre-shared keys and names no keyring", "keyring local NAME" },
        { "crypto ikev2 keyring L\n peer X\n  address 10.9.9.9\n  pre-shared-key remote x\ncrypto ikev2 profile PR\n keyring local L\n", 27, "keyring L has no key that this router could prove itself with", "pre-shared-key" },
        { "crypto ikev2 keyring L\n peer X\n  address 10.9.9.9\n  pre-shared-key local x\ncrypto ikev2 profile PR\n keyring local L\n", 27, "keyring L has no key that a peer could prove itself with", "pre-shared-key" },
        { "crypto ikev2 keyring K\n peer P\n  pre-shared-key hex 0x123\n", 24, "this is not hexadecimal: an even number of digits 0-9 and a-f, with or without 0x in front", "without 'hex'" },
        { "crypto ikev2 keyring K\n peer P\n  pre-shared-key hex ********\n", 24, "the key is masked: these stars are what 'show running-config' prints", "Write the key itself" },
        { "crypto ikev2 keyring K\n peer P\n  pre-shared-key ********\n", 24, "the key is masked: these stars are what 'show running-config' prints", "Write the key itself" },
        { "crypto ikev2 keyring K\n peer P\n  pre-shared-key local 6 GaZfUfVNSJXRFgYh\n", 24, "a key that another router encrypted (type 6) cannot be read here", "Write the key itself" },
        { "crypto ikev2 profile PR\n authentication remote pre-share key 6 GaZfUfVNSJXRFgYh\n", 23, "a key that another router encrypted (type 6) cannot be read here", "Write the key itself" },
        { "crypto ikev2 profile PR\n pki trustpoint X\n", 23, "there is no 'crypto pki trustpoint X' with files", "ca-file" },
        { "crypto pki trustpoint U\n ca-file ca.pem\n certificate-file c.pem\n key-file k.pem\ncrypto ikev2 profile PR\n authentication local rsa-sig\n", 27, "it is not clear whose certificate this router shows", "pki trustpoint NAME sign" },
        { "crypto pki trustpoint U\n ca-file ca.pem\ncrypto ikev2 profile PR\n authentication local rsa-sig\n pki trustpoint U sign\n", 26, "trustpoint U has no key to sign with", "key-file" },
        { "no crypto pki trustpoint T\ncrypto ikev2 profile PR\n authentication remote certificate\n", 24, "there is no trustpoint to verify certificates with", "ca-file" },
        { "crypto ikev2 profile PR\n identity local dn\n", 23, "'identity local dn' needs a certificate", "fqdn" },
        { "crypto ikev2 profile PR\n match identity remote dn nonsense\n", 23, "this is not a distinguished name", "CN=" },
        { "crypto ikev2 profile PR\n match certificate MAP\n", 23, "'match certificate' is not supported, and leaving it out would change who may connect", "match identity remote" },
        { "crypto ikev2 profile PR\n aaa authorization group psk list A B\n", 23, "'aaa' is not supported, and leaving it out would change who may connect", "keyring local" },
        { "crypto pki trustpoint C\n certificate-file x\n key-file y\n", 22, "trustpoint C has no CA", "ca-file PATH" },
        { "crypto pki trustpoint C\n ca-file a\n certificate-file x\n", 22, "a certificate and its key belong together", "Add 'certificate-file' and 'key-file'" },
        { "crypto pki trustpoint C\n pkcs12-file p\n certificate-file c\n key-file k\n", 23, "there are two keys: in 'pkcs12-file' and in 'key-file'", "Leave out one" },
        { "crypto pki trustpoint T\n revocation-check crl\n", 23, "there is no revocation list to check by: every peer would be refused", "crl-file" },
        { "crypto pki trustpoint T\n revocation-check ocsp\n", 23, "OCSP is not asked: revoked certificates would be believed", "revocation-check crl" },
        { "crypto pki trustpoint T\n crl url ftp://pki.example.net/ca.crl\n", 23, "this is not where a list can be fetched from", "http://" },
        { "crypto pki trustpoint T\n crl url http://me:s3cr3t@pki.example.net/ca.crl\n", 23, "this is not where a list can be fetched from", "without a password" },
        { "crypto pki trustpoint T\n crl url file://server/share/ca.crl\n", 23, "this is not where a list can be fetched from", "file:///" },
        { "crypto pki trustpoint T\n key-file k.pem password s3cr3t\n", 23, "the password of a file has a line of its own", "password" },
        { "crypto ipsec transform-set S esp-3des esp-sha-hmac\ncrypto ipsec profile IP\n set transform-set S\n", 22, "a transform of this set is weak, or is not ESP", "esp-gcm 256" },
        { "crypto ipsec transform-set S esp-aes 256\n", 22, "without an integrity transform anybody can change packets on the way", "esp-sha256-hmac" },
        { "crypto ipsec transform-set S esp-gcm 256 esp-sha256-hmac\n", 22, "AES-GCM, AES-GMAC and ChaCha20-Poly1305 have their integrity within", "Remove the second" },
        { "crypto ipsec profile IP\n set transform-set NONE\n", 23, "there is no 'crypto ipsec transform-set NONE'", "Define it" },
        { "crypto ipsec transform-set A esp-gcm\n mode tunnel\ncrypto ipsec transform-set B esp-gcm\n mode transport\ncrypto ipsec profile IP\n set transform-set A B\n", 27, "these transform sets have different modes", "mode transport" },
        { "crypto ipsec profile IP\n set ikev2-profile NONE\n", 23, "there is no 'crypto ikev2 profile NONE'", "Define it" },
        { "crypto ipsec profile IP\n set pfs group2\n", 23, "this group is weak and is not offered", "group14 or group19" },
        { "crypto ipsec profile IP\n set isakmp-profile X\n", 23, "IKEv1 is not yet supported", "set ikev2-profile" },
        { "crypto ipsec profile IP\n set identity X\n", 23, "'set identity' is not supported, and leaving it out would let more peers in", "match identity remote" },
        { "interface Tunnel0\n tunnel protection ipsec profile NONE\n", 23, "there is no 'crypto ipsec profile NONE'", "Define it" },
        { "interface Tunnel0\n tunnel protection ipsec profile IP isakmp-profile X\n", 23, "'isakmp-profile' is IKEv1, which is not yet supported", "set ikev2-profile" },
        { "interface Tunnel0\n ip nhrp authorization certificate\n", 23, "peers may prove themselves by a pre-shared key, and then have no certificate", "authentication remote certificate" },
        { "interface Tunnel0\n no tunnel protection ipsec profile IP\n ip nhrp authorization certificate\n", 24, "there are no certificates without 'tunnel protection'", "tunnel protection ipsec profile" },
        { Second + " tunnel protection ipsec profile IP\n", 28, "Tunnel0 has the same source: their security associations are the same", "Add 'shared' to both" },
        { Second + " tunnel protection ipsec profile IP shared\n", 28, "Tunnel0 has the same source: their security associations are the same", "Add 'shared' to both" },
        { Second + " tunnel protection ipsec profile default shared\n", 28, "Tunnel0 has the same source and another profile: a peer that comes could be meant for either", "one profile for both" },
        { "interface eth5\n ip address 192.0.2.9 255.255.255.0\n" + Second.Replace("source 192.0.2.9", "source eth5", StringComparison.Ordinal) + " tunnel protection ipsec profile default\n", 30, "Tunnel0 has the same source and another profile: a peer that comes could be meant for either", "one profile for both" },
        { "crypto ikev2 profile PR\n match fvrf WAN\n", 21, "IKEv2 profile PR is for 'tunnel vrf WAN', and Tunnel0 has none", "Correct one of them" },
        { "crypto ikev2 profile PR\n match address local 192.0.2.8\n", 21, "IKEv2 profile PR is for local address 192.0.2.8, and Tunnel0 has 'tunnel source 192.0.2.9'", "Correct one of them" },
        { "crypto ikev2 profile PR\n match address local interface eth7\n", 21, "IKEv2 profile PR is for interface eth7, and Tunnel0 has 'tunnel source 192.0.2.9'", "Correct one of them" },
        { "crypto isakmp policy 10\n encr aes\n", 22, "'crypto isakmp' is IKEv1, which is not yet supported", "Use 'crypto ikev2 …'" },
        { "crypto isakmp key s3cr3t address 0.0.0.0\n", 22, "'crypto isakmp' is IKEv1, which is not yet supported", "Use 'crypto ikev2 …'" },
        { "crypto isakmp profile X\n match identity address 0.0.0.0\n", 22, "'crypto isakmp' is IKEv1, which is not yet supported", "Use 'crypto ikev2 …'" },
        { "crypto keyring X\n pre-shared-key address 0.0.0.0 0.0.0.0 key s3cr3t\n", 22, "'crypto keyring' is IKEv1, which is not yet supported", "Use 'crypto ikev2 …'" },
        { "crypto map M 10 ipsec-isakmp\n", 22, "'crypto map' is not supported", "tunnel protection" },
        { "ip route vrf RED 10.0.0.0 255.0.0.0 Tunnel0\n", 22, "routes by a tunnel in a VRF are not supported: the tunnels here are in none", "ip -n RED route add" },
    };

    [Fact]
    public void Base_IsTakenWithoutAWord()
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Base);
        Assert.NotNull(config);
        Assert.Empty(report.Findings);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Mistake_IsRefusedAtItsLine_WithReasonAndRemedy(string added, int line, string reason, string remedy)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Base + added);
        Assert.Null(config);
        Finding? error = report.Findings.FirstOrDefault(f => f.Kind == FindingKind.Error && f.Reason == reason);
        Assert.True(error is not null && error.Line == line && error.Remedy.Contains(remedy), ConfigReportText.Render("f", report));
        string text = ConfigReportText.Render("f", report);
        Assert.DoesNotContain("s3cr3t", text);
        Assert.DoesNotContain("GaZf", text);
    }

    [Theory]
    [InlineData("crypto ikev2 keyring K\n peer ANY\n  address 0.0.0.0 0.0.0.0\n  pre-shared-key x\n", 24, "one key for everybody: whoever has it can be any spoke, or the hub, and read what the others send", "dmvpn pki init")]
    [InlineData("crypto ikev2 keyring K\n peer ANY\n  address ::/0\n  pre-shared-key hex 0102\n", 24, "one key for everybody: whoever has it can be any spoke, or the hub, and read what the others send", "dmvpn pki init")]
    [InlineData("crypto ikev2 profile PR\n match identity remote any\n authentication remote pre-share key x\n", 24, "one key for everybody that the profile matches: whoever has it can be any spoke, or the hub, and read what the others send", "dmvpn pki init")]
    [InlineData("crypto ikev2 keyring K\n peer X\n  address 10.9.9.9\n", 23, "peer X has no key", "pre-shared-key")]
    [InlineData("crypto ikev2 keyring K\n peer X\n  address 10.9.9.9\n  pre-shared-key cisco123\n", 25, "the pre-shared key of peer X is shorter than 16 octets; who answers in a peer's place can try keys on what he gets, at home (RFC 7296 2.15)", "32 random characters")]
    [InlineData("crypto ikev2 keyring K\n peer X\n  address 10.9.9.9\n  pre-shared-key cisco-dmvpn-secret-key-123\n", 25, "the pre-shared key of peer X is made of words, digits or repeats that are easy to guess; who answers in a peer's place can try keys on what he gets, at home (RFC 7296 2.15)", "32 random characters")]
    [InlineData("crypto ikev2 keyring K\n peer X\n  address 10.9.9.9\n  pre-shared-key a\n peer Y\n  address 10.9.9.8\n  pre-shared-key b\n", 25, "the pre-shared keys of 2 peers (X, Y) are too short or easy to guess; who answers in a peer's place can try keys on what he gets, at home (RFC 7296 2.15)", "32 random characters")]
    [InlineData("crypto ikev2 profile PR\n authentication remote pre-share key 1234567890123456789\n", 23, "the pre-shared key is made of words, digits or repeats that are easy to guess; who answers in a peer's place can try keys on what he gets, at home (RFC 7296 2.15)", "32 random characters")]
    [InlineData("crypto ikev2 keyring K\n peer X\n  pre-shared-key x\n", 23, "peer X fits nobody", "identity")]
    [InlineData("crypto ikev2 proposal A\n encryption aes-gcm-256\n prf sha256\n group 14\n", 22, "no policy names proposal A: it is not used", "crypto ikev2 policy")]
    [InlineData("crypto ikev2 proposal default\n encryption aes-gcm-256\n no integrity\n no prf\n", 23, "a proposal with AES-GCM or ChaCha20-Poly1305 needs a PRF: sha256 is offered", "Add 'prf'")]
    [InlineData("crypto ikev2 proposal default\n integrity sha1\n", 23, "SHA-1 is offered because it is named here; nothing current needs it", "Remove it")]
    [InlineData("crypto pki trustpoint T\n crl-file c\n", 23, "the revocation list is not looked at: revoked certificates are believed", "revocation-check crl")]
    [InlineData("crypto pki trustpoint T\n crl url http://pki.example.net/ca.crl\n", 23, "the revocation list is not looked at: revoked certificates are believed", "revocation-check crl")]
    [InlineData("crypto ipsec transform-set S esp-null esp-sha256-hmac\n", 22, "packets are authenticated and not encrypted", "esp-gcm 256")]
    [InlineData("crypto ipsec transform-set S esp-3des esp-md5-hmac\n mode transport\n", 22, "a transform of this set is weak, or is not ESP; no profile names it, and it is passed over", "Remove it")]
    [InlineData("crypto ipsec optional\n", 22, "a tunnel with protection never sends or accepts clear text", "Remove the line")]
    [InlineData("interface Tunnel0\n ip mtu 1460\n", 23, "packets of 1460 bytes become up to 1528 with ESP, more than Ethernet's 1500", "Take 1400")]
    [InlineData("interface Tunnel0\n tunnel vrf WAN\nip route vrf WAN 0.0.0.0 0.0.0.0 192.0.2.1\n", 24, "a route in the network namespace WAN belongs to Linux and was not made", "ip -n WAN route add")]
    public void Risk_IsTakenWithAWarning(string added, int line, string reason, string remedy)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Base + added);
        Finding? warning = report.Findings.FirstOrDefault(f => f.Kind == FindingKind.Warning && f.Reason == reason);
        Assert.True(config is not null && warning is not null && warning.Line == line && warning.Remedy.Contains(remedy), ConfigReportText.Render("f", report));
    }

    [Theory]
    [InlineData("crypto isakmp invalid-spi-recovery\ncrypto isakmp keepalive 30 5\ncrypto logging session\n")]
    [InlineData("crypto pki certificate chain X\n certificate ca 01\n  3082 0101\n  quit\n")]
    [InlineData("hub#\n")]
    [InlineData("interface Tunnel0\n tunnel protection ipsec profile IP shared\n" + Second + " tunnel protection ipsec profile IP shared\n")]
    public void WhatIsNobodysBusiness_IsTakenWithANoteAtMost(string added)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load("hub#show running-config\n" + Base + added);
        Assert.True(config is not null && report.Findings.All(f => f.Kind == FindingKind.Note), ConfigReportText.Render("f", report));
    }

    [Theory]
    [InlineData("platform workers 4\ninterface Tunnel0\n tunnel relay bypass-kernel\n", true)]
    [InlineData("platform workers 1\ninterface Tunnel0\n tunnel relay bypass-kernel\n", false)]
    [InlineData("platform workers 4\ncrypto ipsec security-association replay window-size 1024\ninterface Tunnel0\n tunnel relay bypass-kernel\n", false)]
    [InlineData("platform workers 4\n", false)]
    public void RelayOfSeveralWorkers_WithASmallWindow_IsNoted(string added, bool noted)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Base + added);
        Assert.NotNull(config);
        Assert.Equal(noted, report.Findings.Any(f => f.Kind == FindingKind.Note && f.Reason.Contains("of 4 workers only one sends by Tunnel0") && f.Remedy.Contains("window-size 1024")));
    }

    [Fact]
    public void AuthorizationOfNhrp_IsNoSecret_ThePasswordInAnAddressIs()
    {
        Assert.Equal(" ip nhrp authorization certificate", Redaction.Mask(" ip nhrp authorization certificate"));
        Assert.Equal(" ip nhrp authorisation ***********", Redaction.Mask(" ip nhrp authorisation certificate"));
        Assert.Equal(" crl url http://*********@pki.example.net/ca.crl", Redaction.Mask(" crl url http://me:s3cr3t@pki.example.net/ca.crl"));
        Assert.Equal(" crl url http://pki.example.net/a@b", Redaction.Mask(" crl url http://pki.example.net/a@b"));
    }

    [Fact]
    public void EncryptedKey_IsOneErrorAndNoOthersFromIt()
    {
        ConfigReport report = ConfigLoader.Load(Base.Replace("pre-shared-key s3cr3t-Qv7Yd0mZk2pWx9", "pre-shared-key 6 s3cr3t")).Report;
        Assert.Equal(8, Assert.Single(report.Findings).Line);
    }

    [Theory]
    [InlineData("pre-shared-key hex 0x0aFF10", "0aff10", "0aff10")]
    [InlineData("pre-shared-key hex 0AFF10", "0aff10", "0aff10")]
    [InlineData("pre-shared-key local hex 01\n  pre-shared-key remote hex 02", "01", "02")]
    public void HexadecimalKey_IsItsOctets_IsPrintedBack_AndShownAsStars(string lines, string local, string remote)
    {
        RouterConfig config = ConfigLoader.Load(Base.Replace("pre-shared-key s3cr3t-Qv7Yd0mZk2pWx9", lines)).Config!;
        Ikev2KeyringPeer peer = config.Crypto.Keyrings[0].Peers[0];
        Assert.Equal((new PreSharedKey(local, true), new PreSharedKey(remote, true)), (peer.LocalKey, peer.RemoteKey));
        using Crypto.SecretBytes octets = peer.LocalKey!.Octets();
        Assert.Equal(Convert.FromHexString(local), octets.Span);
        Assert.Equal(config, ConfigLoader.Load(RunningConfig.Write(config, withSecrets: true)).Config);
        string shown = RunningConfig.Write(config);
        Assert.Contains("hex ********", shown);
        Assert.DoesNotContain(local + "\n", shown);
        Assert.DoesNotContain(local, peer.LocalKey.ToString());
        Assert.Null(ConfigLoader.Load(shown).Config);
    }

    [Fact]
    public void HexadecimalKeyOfAProfile_IsItsOctets_IsPrintedBack_AndShownAsStars()
    {
        RouterConfig config = ConfigLoader.Load(Base + "crypto ikev2 profile PR\n authentication remote pre-share key hex 0x0102\n authentication local pre-share key hex 0304\n").Config!;
        Ikev2Profile profile = config.Crypto.Profiles[0];
        Assert.Equal((new PreSharedKey("0304", true), new PreSharedKey("0102", true)), (profile.LocalKey, profile.RemoteKey));
        Assert.Equal(config, ConfigLoader.Load(RunningConfig.Write(config, withSecrets: true)).Config);
        Assert.Contains(" authentication remote pre-share key hex ********\n", RunningConfig.Write(config));
    }

    [Theory]
    [InlineData("0x", null)]
    [InlineData("", null)]
    [InlineData("123", null)]
    [InlineData("0x12zz", null)]
    [InlineData("0X12AB", "12ab")]
    public void Hexadecimal_IsReadWithAndWithoutPrefix(string digits, string? text) => Assert.Equal(text, PreSharedKey.FromHexadecimal(digits)?.Text);
}
