using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Dmvpn.Crypto;
using Dmvpn.Pki;
using Dmvpn.Runtime;

namespace Dmvpn.Cli.Pki;

/// <summary><c>dmvpn pki</c>: a CA for one network, and one bundle for each site.</summary>
internal static class PkiCommand
{
    private static readonly Argument<string> Folder = new("DIR") { Description = "Directory of the CA" };

    public static Command Create() => Create(TimeProvider.System);

    internal static Command Create(TimeProvider clock)
    {
        var command = new Command("pki", "Make a certificate authority, and one bundle for each site that is to join");
        foreach (Command sub in (Command[])[Init(clock), Issue(clock), Renew(clock), Revoke(clock), Crl(clock), List(clock)]) command.Add(sub);
        return command;
    }

    private static Command Init(TimeProvider clock)
    {
        var name = new Option<string>("--name") { Description = "Name of the CA", DefaultValueFactory = _ => "DMVPN CA" };
        var domain = new Option<string>("--domain") { Description = "Domain of the sites' identities: SITE.DOMAIN", DefaultValueFactory = _ => "dmvpn" };
        var network = new Option<string>("--network") { Description = "The tunnel's network, IPv4 or IPv6", DefaultValueFactory = _ => "10.255.0.0/24" };
        var hubTunnel = new Option<string>("--hub-tunnel") { Description = "The hub's tunnel address", DefaultValueFactory = _ => "10.255.0.1" };
        var hub = new Option<string?>("--hub") { Description = "Where the hub is on the internet: an address or a name; can be said at 'join', too" };
        var company = new Option<string[]>("--company") { Description = "Network of the company that sites reach by the tunnel, a summary best, or 'none'; may be repeated. The private ranges otherwise", DefaultValueFactory = _ => [] };
        var ipv6 = new Option<bool>("--ipv6") { Description = "Where hubs are given by name, they are called by IPv6" };
        var tunnelKey = new Option<uint>("--tunnel-key") { Description = "GRE key", DefaultValueFactory = _ => 1 };
        Option<string> key = KeyOption();
        var days = new Option<int>("--days") { Description = "How long the CA lasts", DefaultValueFactory = _ => 3650 };
        var command = new Command("init", "Make a CA in an empty directory") { Folder, name, domain, network, hubTunnel, hub, company, ipv6, tunnelKey, key, days };
        command.SetAction(parsed => Run(parsed, output =>
        {
            string folder = parsed.GetRequiredValue(Folder);
            string[] networks = parsed.GetRequiredValue(company);
            new AuthorityDirectory(folder, clock).Create(parsed.GetRequiredValue(name), Kind(parsed.GetRequiredValue(key)), parsed.GetValue(days), new NetworkSettings
            {
                Domain = parsed.GetRequiredValue(domain),
                Network = parsed.GetRequiredValue(network),
                HubTunnel = parsed.GetRequiredValue(hubTunnel),
                Hub = parsed.GetValue(hub),
                Company = networks.Length == 0 ? null : networks is ["none"] ? [] : [.. networks],
                CallsByIPv6 = parsed.GetValue(ipv6),
                Key = parsed.GetValue(tunnelKey),
                Authentication = RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 8),
            });
            output.WriteLine($"A CA is in {folder}. Its key, ca.key, makes members of the network: keep it off the routers.");
            output.WriteLine($"Next: dmvpn pki issue {folder} hub --hub-role, then dmvpn pki issue {folder} NAME --lan NETWORK for each spoke");
        }));
        return command;
    }

    private static Command Issue(TimeProvider clock)
    {
        var site = new Argument<string>("NAME") { Description = "Name of the site" };
        var address = new Option<string?>("--address") { Description = "Its tunnel address; the next free one otherwise" };
        var hubRole = new Option<bool>("--hub-role") { Description = "It is a hub" };
        var hub = new Option<string?>("--hub") { Description = "Where this hub is on the internet: an address or a name" };
        Option<string[]> lan = LanOption();
        Option<string> key = KeyOption();
        Option<int> days = DaysOption();
        var command = new Command("issue", "Issue a site's certificate and write its bundle") { Folder, site, address, hubRole, hub, lan, key, days };
        command.SetAction(parsed => Run(parsed, output =>
        {
            var authority = new AuthorityDirectory(parsed.GetRequiredValue(Folder), clock);
            (string file, SiteBundle bundle) = authority.Issue(new SiteRequest
            {
                Name = parsed.GetRequiredValue(site),
                Address = parsed.GetValue(address),
                IsHub = parsed.GetValue(hubRole),
                Place = parsed.GetValue(hub),
                Lans = parsed.GetRequiredValue(lan),
                Key = Kind(parsed.GetRequiredValue(key)),
                Days = parsed.GetValue(days),
            });
            output.WriteLine($"{file} holds the key and the certificate of {bundle.Name}, {bundle.Address}: carry it there as a secret.");
            bool isKnown = bundle.Network.Servers.All(server => server.Address == bundle.Address || server.Place is not null);
            output.WriteLine($"There: dmvpn join {bundle.Name}.dmvpn{(isKnown ? "" : " --hub ADDRESS")}");
            foreach (string line in SiteAdvice.After(bundle)) output.WriteLine(line);
            foreach (string line in SiteAdvice.Doubts(bundle, authority.ReadIssued())) output.WriteLine(line);
        }));
        return command;
    }

    private static Command Renew(TimeProvider clock)
    {
        var site = new Argument<string>("NAME") { Description = "Name of the site" };
        Option<string[]> lan = LanOption();
        Option<string> key = KeyOption();
        Option<int> days = DaysOption();
        var command = new Command("renew", "Issue a new certificate for a site, before the one that it has ends") { Folder, site, lan, key, days };
        command.SetAction(parsed => Run(parsed, output =>
        {
            var authority = new AuthorityDirectory(parsed.GetRequiredValue(Folder), clock);
            (string file, SiteBundle bundle) = authority.Renew(new SiteRequest
            {
                Name = parsed.GetRequiredValue(site),
                Lans = parsed.GetRequiredValue(lan),
                Key = Kind(parsed.GetRequiredValue(key)),
                Days = parsed.GetValue(days),
            });
            output.WriteLine($"{file} holds the new key and certificate of {bundle.Name}: carry it there as a secret. The old one is good until it ends.");
            output.WriteLine($"There: dmvpn join {bundle.Name}.dmvpn --renew, then dmvpn reload");
            foreach (string line in SiteAdvice.Doubts(bundle, authority.ReadIssued())) output.WriteLine(line);
        }));
        return command;
    }

    private static Command Revoke(TimeProvider clock)
    {
        var site = new Argument<string>("NAME") { Description = "Name of the site" };
        var command = new Command("revoke", "Revoke a site's certificate: writes crl.pem") { Folder, site };
        command.SetAction(parsed => Run(parsed, output =>
        {
            new AuthorityDirectory(parsed.GetRequiredValue(Folder), clock).Revoke(parsed.GetRequiredValue(site));
            output.WriteLine($"{parsed.GetRequiredValue(site)} is revoked. Bring {Path.Combine(parsed.GetRequiredValue(Folder), "crl.pem")} to the routers ('crl-file', 'crl url'), and run 'dmvpn reload' there.");
        }));
        return command;
    }

    private static Command Crl(TimeProvider clock)
    {
        var command = new Command("crl", "Write a revocation list of today: it lasts 30 days") { Folder };
        command.SetAction(parsed => Run(parsed, output =>
        {
            new AuthorityDirectory(parsed.GetRequiredValue(Folder), clock).RenewRevocationList();
            output.WriteLine($"{Path.Combine(parsed.GetRequiredValue(Folder), "crl.pem")} is new.");
        }));
        return command;
    }

    private static Command List(TimeProvider clock)
    {
        var command = new Command("list", "The sites, their addresses, and until when their certificates last") { Folder };
        command.SetAction(parsed => Run(parsed, output =>
        {
            List<IssuedSite> all = new AuthorityDirectory(parsed.GetRequiredValue(Folder), clock).ReadIssued();
            int width = Math.Max(18, all.Select(issued => issued.Address.Length + 2).DefaultIfEmpty().Max());
            output.WriteLine($"{"Site",-24}{"Tunnel address".PadRight(width)}{"Until",-12}{"Serial number",-34}Networks");
            foreach (IssuedSite issued in all)
            {
                string until = issued.RevokedAt is not null ? "revoked" : issued.NotAfter < clock.GetUtcNow() ? "expired" : $"{issued.NotAfter:yyyy-MM-dd}";
                output.WriteLine($"{issued.Name,-24}{issued.Address.PadRight(width)}{until,-12}{issued.Serial,-34}{SiteAdvice.Networks(issued)}".TrimEnd());
            }
        }));
        return command;
    }

    internal static int Run(ParseResult parsed, Action<TextWriter> action)
    {
        try
        {
            CryptoLibrary.Require();
            ProcessMemory.IsOpen = false;
            action(parsed.InvocationConfiguration.Output);
            return ExitCodes.Ok;
        }
        catch (Exception e) when (e is PkiException or IOException or UnauthorizedAccessException or CryptographicException or JsonException or ArgumentException or FormatException or InvalidOperationException or NotSupportedException)
        {
            // The last five say that a check was forgotten; an operator is told all the same, and nothing was written.
            parsed.InvocationConfiguration.Error.WriteLine($"dmvpn: {e.Message}");
            return ExitCodes.Failed;
        }
    }

    private static Option<string[]> LanOption() =>
        new("--lan") { Description = "Network behind the site, or 'none'; may be repeated. It may announce no others then", DefaultValueFactory = _ => [] };

    private static Option<int> DaysOption() => new("--days") { Description = "How long the certificate lasts", DefaultValueFactory = _ => 730 };

    private static Option<string> KeyOption()
    {
        var key = new Option<string>("--key") { Description = "ecdsa-p256, ecdsa-p384 or rsa-3072", DefaultValueFactory = _ => "ecdsa-p256" };
        key.AcceptOnlyFromAmong("ecdsa-p256", "ecdsa-p384", "rsa-3072");
        return key;
    }

    private static KeyKind Kind(string key) => key switch { "rsa-3072" => KeyKind.Rsa, "ecdsa-p384" => KeyKind.EcdsaP384, _ => KeyKind.EcdsaP256 };
}
