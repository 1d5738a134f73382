using System.CommandLine;

namespace Dmvpn.Cli.Pki;

/// <summary><c>dmvpn join BUNDLE</c>: makes a configuration and the certificate files of a bundle. What it needs besides is where the hubs are.</summary>
internal static class JoinCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("BUNDLE") { Description = "The site's bundle, from 'dmvpn pki issue'" };
        var hub = new Option<string[]>("--hub") { Description = "Where the hub is: an address or a name; once for each hub that is called, in their order", DefaultValueFactory = _ => [] };
        var source = new Option<string?>("--source") { Description = "Interface towards the internet; that of the default route otherwise" };
        var route = new Option<string[]>("--route") { Description = "Network that is reached by the tunnel, or 'none'; may be repeated. Otherwise what 'pki init --company' said, or the private ranges", DefaultValueFactory = _ => [] };
        var ipv6 = new Option<bool>("--ipv6") { Description = "The hub's name stands for an IPv6 address: the tunnel is over IPv6" };
        var directory = new Option<string>("--directory") { Description = "Where the files go", DefaultValueFactory = _ => "/etc/dmvpn" };
        var renew = new Option<bool>("--renew") { Description = "Only the certificate files, in place of those that are there" };
        var command = new Command("join", "Make this machine a site of the network that a bundle is for") { file, hub, source, route, ipv6, directory, renew };
        command.SetAction(parsed => PkiCommand.Run(parsed, output =>
        {
            SiteBundle bundle = BundleFile.Read(parsed.GetRequiredValue(file));
            string to = parsed.GetRequiredValue(directory);
            if (parsed.GetValue(renew)) Renew(bundle, to, output);
            else Join(SitePlan.Of(bundle, parsed.GetRequiredValue(hub), parsed.GetValue(source), parsed.GetRequiredValue(route), parsed.GetValue(ipv6)), to, output);
        }));
        return command;
    }

    private static void Renew(SiteBundle bundle, string directory, TextWriter output)
    {
        string certificates = Path.Combine(directory, bundle.Name);
        if (!File.Exists(Path.Combine(certificates, "site.key"))) throw new PkiException($"there is nothing to renew in {certificates}: join without --renew first");
        SecretFile.ReplaceAll(certificates, FilesOf(bundle));
        output.WriteLine($"The certificate files of {bundle.Name} in {certificates} are new; the configuration stays. The bundle is not needed any more: delete it.");
        output.WriteLine("Next: dmvpn reload");
    }

    private static void Join(SitePlan plan, string directory, TextWriter output)
    {
        SiteBundle bundle = plan.Bundle;
        string text = SiteConfiguration.Write(plan, bundle.Name + "/");
        string configuration = Path.Combine(directory, bundle.Name + ".ios"), certificates = Path.Combine(directory, bundle.Name);
        List<(string Path, string Text)> files = [.. FilesOf(bundle).Select(file => (Path.Combine(certificates, file.Name), file.Text)), (configuration, text)];
        // From the last to the first: the configuration is what an operator knows.
        for (int i = files.Count - 1; i >= 0; i--)
        {
            if (Path.Exists(files[i].Path)) throw new PkiException($"{files[i].Path} is there already, and is not overwritten: move it away first");
        }
        SecretFile.MakeDirectory(directory, certificates);
        SecretFile.CreateAll(files);
        output.WriteLine($"{bundle.Name} is {bundle.Address} in {bundle.Network.Domain}, {Part(plan)}, from {plan.Source}{(plan.IsIPv6 ? " over IPv6" : "")}.");
        if (plan.Routes.Count > 0) output.WriteLine(RoutesText(plan));
        output.WriteLine($"Configuration: {configuration}; certificate and key: {certificates}. The bundle is not needed any more: delete it.");
        output.WriteLine($"Next: dmvpn run {configuration}");
    }

    private static List<(string Name, string Text)> FilesOf(SiteBundle bundle)
    {
        List<(string Name, string Text)> files = [("ca.pem", bundle.Authority), ("site.pem", bundle.Certificate)];
        if (bundle.RevocationList is { } list) files.Add(("crl.pem", list));
        files.Add(("site.key", bundle.Key));
        return files;
    }

    private static string Part(SitePlan plan)
    {
        string hubs = string.Join(" and ", plan.Hubs.Select(hub => hub.Place));
        if (!plan.Bundle.IsHub) return plan.Hubs.Count == 1 ? $"by the hub at {hubs}" : $"by the hubs at {hubs}";
        return plan.Hubs.Count == 0 ? "the hub" : $"a hub, beside {hubs}";
    }

    private static string RoutesText(SitePlan plan) => $"By the tunnel: {string.Join(", ", plan.Routes)}, and the networks that the hub offers."
        + (plan.RoutesAreGuessed ? " These are the private ranges; 'dmvpn pki init --company', or --route here, names your own networks." : "");
}
