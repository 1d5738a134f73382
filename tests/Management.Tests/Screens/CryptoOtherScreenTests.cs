using System.Text.Json;
using System.Text.RegularExpressions;
using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Management.Tests.Screens;

public sealed class CryptoOtherScreenTests
{
    private static readonly CryptoStatisticsState Statistics = new()
    {
        ActiveIncoming = 3,
        ActiveOutgoing = 1,
        NegotiatingIncoming = 2,
        IpsecSas = 4,
        MaxSas = 1000,
        MaxInNegotiation = 4000,
        EstablishedIncoming = 10,
        EstablishedOutgoing = 4,
        Resumed = 2,
        Failed = 66,
        CookiesSent = 5,
        Exchanges =
        [
            new CryptoExchange { Name = "IKE_SA_INIT", RequestsSent = 84, ResponsesSent = 19343, RequestsReceived = 20740, ResponsesReceived = 83, Retransmissions = 7 },
            new CryptoExchange { Name = "IKE_AUTH", RequestsSent = 83, ResponsesSent = 19340, RequestsReceived = 19340, ResponsesReceived = 83, RetransmissionsReceived = 2 },
        ],
        Phases = [new CryptoPhase { Name = "R AUTH PROC", Count = 108221, AverageMicroseconds = 812, MinimumMicroseconds = 401, MaximumMicroseconds = 5008 }],
        Failures =
        [
            new CryptoFailure { Count = 12, SecondsAgo = 62, Local = "192.0.2.1:500", Remote = "192.0.2.9:500", Exchange = "IKE_AUTH", Reason = "AuthenticationFailed", Text = "the pre-shared key is another" },
        ],
        ForgottenFailures = 2,
        MaximumFailures = 64,
        Drops = new Dictionary<string, long> { ["TooManyFromAddress"] = 7, ["TooManySas"] = 1, ["UnknownSa"] = 9 },
    };

    [Fact]
    public void Stats_Shown_HaveTheLinesThatGenieReads()
    {
        const string Expected =
            """
            --------------------------------------------------------------------------------
                                      Crypto IKEv2 SA Statistics
            --------------------------------------------------------------------------------
            System Resource Limit:   0        Max IKEv2 SAs: 1000     Max in nego(in/out): 4000/0
            Total incoming IKEv2 SA Count:    5        active:        3        negotiating: 2     
            Total outgoing IKEv2 SA Count:    1        active:        1        negotiating: 0     
            Incoming IKEv2 Requests: 20748    accepted:      20740    rejected:    8       
            Outgoing IKEv2 Requests: 84       accepted:      83       rejected:    1       
            Rejected IKEv2 Requests: 8        rsrc low:      7        SA limit:    1       
            IKEv2 packets dropped at dispatch: 9       
            Incoming Requests dropped as LOW Q limit reached : 0       
            Incoming IKEV2 Cookie Challenged Requests: 5       

            """;
        string text = CryptoStatisticsScreen.Render(Statistics);
        Assert.StartsWith(Expected, text);
        Assert.Matches(@"(?m)^  of these by a session ticket +2$", text);
        Assert.Matches(@"(?m)^  UnknownSa +9$", text);
        Assert.DoesNotContain("KEYS", text);
    }

    [Fact]
    public void KeyLog_WhileItIsWritten_IsShoutedFirst()
    {
        Assert.StartsWith("*** ALL KEYS ARE WRITTEN TO /tmp/keys", CryptoStatisticsScreen.Render(Statistics with { KeyLog = "/tmp/keys" }));
        var version = new VersionState { Version = "1", HostName = "Hub", KeyLog = "/tmp/keys", CryptoLibrary = "OpenSSL 3.0.17 1 Jul 2025" };
        Assert.StartsWith("*** ALL KEYS ARE WRITTEN TO /tmp/keys", SystemScreens.Render(version));
        string without = SystemScreens.Render(version with { KeyLog = null });
        Assert.StartsWith("OpenDMVPN Software", without);
        Assert.EndsWith("Cryptography by OpenSSL 3.0.17 1 Jul 2025\n", without);
    }

    [Fact]
    public void Exchanges_Shown_LookLikeIos()
    {
        string[] lines = CryptoStatisticsScreen.RenderExchanges(Statistics).Split('\n');
        Assert.Equal("EXCHANGE/NOTIFY                   TX(REQ)    TX(RES)    RX(REQ)    RX(RES)", lines[0]);
        Assert.Contains("IKE_SA_INIT                            84      19343      20740         83", lines);
        Assert.Contains("IKE_AUTH                               83      19340      19340         83", lines);
        Assert.Contains(lines, line => Regex.IsMatch(line, @"^RETRANSMISSIONS_SENT +7$"));
        Assert.Contains(lines, line => Regex.IsMatch(line, @"^RETRANSMISSIONS_RECEIVED +2$"));
    }

    [Fact]
    public void Performance_Shown_HasIosColumns()
    {
        const string Expected =
            """
            Crypto ISAKMP Protocol Stats (microseconds):
                                   SampleSize        avg        min        max
            R AUTH PROC                108221        812        401       5008

            """;
        Assert.Equal(Expected, CryptoStatisticsScreen.RenderPerformance(Statistics));
    }

    [Fact]
    public void Errors_Shown_SayWhatToChange()
    {
        const string Expected =
            """
            Exit Path Table - status: enable, current entry 1, deleted 2, max allow 64

            Error(12): the pre-shared key is another
              IKE_AUTH, local 192.0.2.1:500, remote 192.0.2.9:500, AuthenticationFailed, 00:01:02 ago


            """;
        Assert.Equal(Expected, CryptoStatisticsScreen.RenderErrors(Statistics));
    }

    [Fact]
    public void Configuration_Shown_LooksLikeIos()
    {
        var set = new CryptoTransformSet("T", "esp-256-aes esp-sha256-hmac", TunnelMode: false);
        var state = new CryptoConfigState
        {
            Proposals = [new CryptoProposal { Name = "P", Encryption = ["AES-GCM-256"], Prf = ["SHA512"], Groups = ["DH_GROUP_256_ECP/Group 19", "DH_GROUP_2048_MODP/Group 14"] }],
            Policies = [new CryptoPolicy { Name = "POL", LocalAddresses = [IpAddress.Parse("192.0.2.1")], Proposals = ["P", "Q"] }],
            Ikev2Profiles =
            [
                new CryptoIkev2Profile
                {
                    Name = "PR", References = 2, RemoteIdentities = ["address 0.0.0.0/0"], LocalAuthentication = "pre-share", RemoteAuthentication = ["pre-share", "rsa-sig"],
                    Keyring = "K", SignTrustpoint = "CA", VerifyTrustpoints = ["CA", "OTHER"], LifetimeSeconds = 86400, DpdSeconds = 30, DpdRetrySeconds = 5, NatKeepaliveSeconds = 20,
                },
            ],
            IpsecProfiles =
            [
                new CryptoIpsecProfile { Name = "IP", Ikev2Profile = "PR", LifetimeSeconds = 3600, LifetimeKilobytes = 4608000, PfsGroup = 19, ReplayWindow = 64, TransformSets = [set] },
                new CryptoIpsecProfile { Name = "NOKB", LifetimeSeconds = 900, TransformSets = [set] },
            ],
            TransformSets = [set],
        };
        Assert.Equal(
            """
             IKEv2 proposal: P 
                 Encryption : AES-GCM-256
                 Integrity  : none
                 PRF        : SHA512
                 DH Group   : DH_GROUP_256_ECP/Group 19 DH_GROUP_2048_MODP/Group 14

            """,
            CryptoConfigScreen.RenderProposals(state));
        Assert.Equal(
            """
             IKEv2 policy : POL
                  Match fvrf : any
                  Match address local : 192.0.2.1
                  Proposal    : P
                  Proposal    : Q


            """,
            CryptoConfigScreen.RenderPolicies(state));
        string profile = CryptoConfigScreen.RenderIkev2Profiles(state);
        Assert.Contains("IKEv2 profile: PR\n Ref Count: 2\n", profile);
        Assert.Contains(" DPD: interval 30, retry-interval 5, on-demand\n", profile);
        Assert.Contains(" Trustpoint(s): CA OTHER (verify)\n", profile);
        Assert.Equal(
            """
            IPSEC profile IP
            	IKEv2 Profile: PR
            	Security association lifetime: 4608000 kilobytes/3600 seconds
            	Responder-Only (Y/N): N
            	PFS (Y/N): Y
            		Inherit (Y/N): N
            		DH group: group19
            	Mixed-mode : Disabled
            	Replay window : 64
            	Transform sets={ 
            		T:  { esp-256-aes esp-sha256-hmac  } , 
            	} 

            IPSEC profile NOKB
            	Kilobyte Volume Rekey has been disabled.
            	Security association lifetime:900 seconds
            	Responder-Only (Y/N): N
            	PFS (Y/N): N
            	Mixed-mode : Disabled
            	Replay window : disabled
            	Transform sets={ 
            		T:  { esp-256-aes esp-sha256-hmac  } , 
            	} 


            """,
            CryptoConfigScreen.RenderIpsecProfiles(state));
        Assert.Equal("Transform set T: { esp-256-aes esp-sha256-hmac  } \n   will negotiate = { Transport,  }, \n\n", CryptoConfigScreen.RenderTransformSets(state));
    }

    [Theory]
    [InlineData("cisco_ios_show_crypto_pki_certificates_1")]
    [InlineData("cisco_ios_show_crypto_pki_certificates_2")]
    public void CertificateTemplate_OfItsOwnSample_ReadsWhatItSays(string sample) => Assert.Equal(
        CryptoParsers.Expected(SharedData.ReadIosScreen("show_crypto_pki_certificates", sample + ".yml")),
        CryptoParsers.Certificates(SharedData.ReadIosScreen("show_crypto_pki_certificates", sample + ".raw")));

    [Fact]
    public void Certificates_OfTheSampleAsState_RenderTheSameLines()
    {
        string sample = SharedData.ReadIosScreen("show_crypto_pki_certificates", "cisco_ios_show_crypto_pki_certificates_1.raw");
        const string Issuer = "E=email.address@domain.com, CN=CommonName, OU=OrganizationalUnit, O=Organization, L=Locality, S=StateOrProvinceName, C=CountryName";
        CertificateEntry authority = new()
        {
            Trustpoint = "caserver.domain.com",
            Authority = true,
            SerialNumber = "ABCDEFGHIJK1234567890",
            Issuer = Issuer,
            Subject = Issuer,
            CrlDistributionPoints = ["http://cdp.domain.com/crl/issuing-ca.crl"],
            NotBefore = new(2018, 11, 9, 0, 0, 0, TimeSpan.Zero),
            NotAfter = new(2028, 11, 9, 0, 0, 0, TimeSpan.Zero),
            Storage = "nvram:certfile.cer",
        };
        var state = new CertificateState
        {
            Certificates =
            [
                authority with
                {
                    Authority = false, SerialNumber = "1234567890ABCDEFGHIJK", Subject = "OID.1.2.840.113549.1.9.2=ROUTERNAME.domain.com, SERIALNUMBER=1234ABCD", Names = "ROUTERNAME.domain.com",
                    NotBefore = new(2022, 6, 22, 9, 17, 52, TimeSpan.Zero), NotAfter = new(2023, 6, 22, 9, 17, 52, TimeSpan.Zero),
                },
                authority,
                authority with
                {
                    Trustpoint = "ROOT-CA", SerialNumber = "12345ABCDEFGHIJK67890", CrlDistributionPoints = [],
                    NotBefore = new(2018, 11, 5, 0, 0, 0, TimeSpan.Zero), NotAfter = new(2038, 11, 5, 0, 0, 0, TimeSpan.Zero),
                },
            ],
        };
        string text = CertificateScreen.Render(state);

        // What a CA of Cisco's puts into a router's name beside it, and when it is renewed by itself.
        Assert.Equal(Lines(sample).Where(line => line is not "    Serial Number: 1234ABCD" && !line.Contains("renew date")), Lines(text));
        Assert.Equal(["Certificate", "CA Certificate", "CA Certificate"], CryptoParsers.Certificates(text).Select(row => row["certificate_type"]));

        static IEnumerable<string> Lines(string screen) => screen.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0);
    }

    [Fact]
    public void Certificate_WithQuotedAndManyNames_IsTakenApartRightly()
    {
        var state = new CertificateState
        {
            Certificates =
            [
                new CertificateEntry
                {
                    Trustpoint = "T", SerialNumber = "01", Issuer = "CN=\"Example, Inc\", DC=net+OU=x", Subject = "", Names = "DNS:spoke1.example.net, IP:10.0.0.2", Status = CertificateStatus.Expired,
                },
            ],
        };
        string text = CertificateScreen.Render(state, verbose: true);
        Assert.Contains("  Status: Expired\n", text);
        Assert.Contains("  Issuer: \n    cn=Example, Inc\n    dc=net\n    ou=x\n  Subject:\n    Name: DNS:spoke1.example.net, IP:10.0.0.2\n", text);
        Assert.Contains("    X509v3 Subject Alternative Name:\n        DNS:spoke1.example.net, IP:10.0.0.2\n", text);
    }

    [Fact]
    public void Json_OfTheCryptoRecords_ReadsBack()
    {
        string json = JsonSerializer.Serialize(Statistics, ApiJson.Default.CryptoStatisticsState);
        Assert.Contains("\"negotiatingIncoming\":2", json);
        Assert.Equal(9, JsonSerializer.Deserialize(json, ApiJson.Default.CryptoStatisticsState)!.Drops["UnknownSa"]);
        var state = new CryptoState { Sessions = [new CryptoSession { Peer = IpAddress.Parse("192.0.2.2"), Status = CryptoSessionStatus.UpNoIke, Tunnels = [new TunnelId(1)] }] };
        json = JsonSerializer.Serialize(state, ApiJson.Default.CryptoState);
        Assert.Contains("\"status\":\"upNoIke\"", json);
        Assert.Contains("\"tunnels\":[\"Tunnel1\"]", json);
        Assert.Equal(CryptoSessionStatus.UpNoIke, JsonSerializer.Deserialize(json, ApiJson.Default.CryptoState)!.Sessions[0].Status);
    }

    [Fact]
    public void Platform_Shown_NamesTheCryptoLibrary()
    {
        string text = SystemScreens.Render(new PlatformState { CryptoLibrary = "OpenSSL 3.0.17 1 Jul 2025", CryptoAcceleration = "AES-NI, VAES", Processors = 2, ForwardingThreads = 1, CryptoThreads = 2 });
        Assert.Contains("Crypto library      : OpenSSL 3.0.17 1 Jul 2025\n", text);
        Assert.Contains("Crypto acceleration : AES-NI, VAES\n", text);
    }

    [Fact]
    public void Platform_Shown_SaysWhatWasAllocatedAndCollected()
    {
        string text = SystemScreens.Render(new PlatformState
        {
            Collections = [3, 2, 1],
            CollectionPauseMicroseconds = 4560,
            AllocatedBytes = 5 << 20,
            Workers = [new PlatformWorker { Rounds = 7, AllocatedBytes = 1234 }],
        });
        Assert.Contains("Garbage collections : 3/2/1 of generations 0/1/2, 4.6 ms in all; 5120K allocated since the start\n", text);
        string[] lines = text.Split('\n');
        int head = Array.FindIndex(lines, l => l.StartsWith("Worker", StringComparison.Ordinal));
        Assert.Equal(lines[head].Length, lines[head + 1].Length);
        Assert.EndsWith("  Allocated", lines[head], StringComparison.Ordinal);
        Assert.EndsWith("  1234", lines[head + 1], StringComparison.Ordinal);
    }
}
