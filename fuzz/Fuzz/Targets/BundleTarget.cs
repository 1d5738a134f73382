using System.Text.Json;
using Dmvpn.Cli.Pki;
using Dmvpn.Core;
using Dmvpn.Pki;

namespace Dmvpn.Fuzz.Targets;

/// <summary>The bundle that <c>dmvpn join</c> is given: of any bytes it makes one protected tunnel, or says why not.</summary>
internal sealed class BundleTarget : IFuzzTarget
{
    private static readonly Lazy<byte[][]> Made = new(() => [Make("s1", isHub: false, ipv6: false), Make("hub", isHub: true, ipv6: false), Make("s6", isHub: false, ipv6: true)]);

    public static string Name => "bundle";

    public static IEnumerable<byte[]> Seeds => Made.Value;

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        string text;
        try
        {
            text = SiteConfiguration.Write(SitePlan.Of(BundleFile.Parse(input), [], "eth0", [], ipv6: false), "site/");
        }
        catch (PkiException e)
        {
            Check.That(e.Message.Length > 0 && !e.Message.AsSpan().ContainsAnyInRange('\0', '\x1f'), "no reason, or one with control characters");
            return;
        }
        string[] lines = text.Split('\n');
        Check.That(lines.Count(line => line.StartsWith("interface ", StringComparison.Ordinal)) == 1, "more than one interface");
        Check.That(lines.Count(line => line == " tunnel protection ipsec profile dmvpn") == 1, "no protection");
        Check.That(lines.Count(line => line.StartsWith(" match identity ", StringComparison.Ordinal)) == 1, "others may call");
        Check.That(!text.AsSpan().ContainsAnyExcept(Printable), "something else than text");
    }

    private static readonly System.Buffers.SearchValues<char> Printable = System.Buffers.SearchValues.Create(['\n', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)]);

    private static byte[] Make(string name, bool isHub, bool ipv6)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using CertificateAuthority authority = CertificateAuthority.Create("CA", KeyKind.EcdsaP256, now, 30, out _);
        string own = ipv6 ? "fd00:255::2" : isHub ? "10.255.0.1" : "10.255.0.2", hub = ipv6 ? "fd00:255::1" : "10.255.0.1";
        ValueList<IpPrefix> networks = [IpPrefix.Parse(ipv6 ? "2001:db8:1::/48" : "10.1.0.0/16")];
        var rights = new SiteRights([IpPrefix.Host(IpAddress.Parse(own))], isHub ? SiteRole.Hub : SiteRole.Spoke, networks);
        IssuedCertificate certificate = authority.Issue(name, $"{name}.vpn.example.net", rights, KeyKind.EcdsaP256, now, 30);
        var bundle = new SiteBundle
        {
            Name = name,
            IsHub = isHub,
            Address = own,
            Networks = [.. networks.Select(network => network.ToString())],
            Network = new NetworkSettings
            {
                Domain = "vpn.example.net",
                Network = ipv6 ? "fd00:255::/64" : "10.255.0.0/24",
                HubTunnel = hub,
                Hub = "192.0.2.1",
                Hubs = [new HubSite { Name = "hub", Address = hub, Place = "hub.example.net" }, new HubSite { Name = "hub2", Address = ipv6 ? "fd00:255::9" : "10.255.0.9", Place = "192.0.2.9" }],
                Company = ipv6 ? null : ["10.0.0.0/8"],
                Key = 1,
                Authentication = "abcdefgh",
            },
            Authority = authority.CertificatePem,
            Certificate = certificate.CertificatePem,
            Key = certificate.KeyPem,
            RevocationList = authority.RevocationList([], 1, now, 30),
        };
        return JsonSerializer.SerializeToUtf8Bytes(bundle, PkiJson.Default.SiteBundle);
    }
}
