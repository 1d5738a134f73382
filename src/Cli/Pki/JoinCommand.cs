using System.CommandLine;
using System.Text.Json;

namespace Dmvpn.Cli.Pki;

/// <summary><c>dmvpn join BUNDLE</c>: makes a configuration and the certificate files of a bundle. What it needs besides is where the hub is.</summary>
internal static class JoinCommand
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static Command Create()
    {
        var file = new Argument<string>("BUNDLE") { Description = "The site's bundle, from 'dmvpn pki issue'" };
        var hub = new Option<string?>("--hub") { Description = "Where the hub is: an address or a name" };
        var source = new Option<string?>("--source") { Description = "Interface towards the internet; that of the default route otherwise" };
        var directory = new Option<string>("--directory") { Description = "Where the files go", DefaultValueFactory = _ => "/etc/dmvpn" };
        var renew = new Option<bool>("--renew") { Description = "Only the certificate files, in place of those that are there" };
        var command = new Command("join", "Make this machine a site of the network that a bundle is for") { file, hub, source, directory, renew };
        command.SetAction(parsed => PkiCommand.Run(parsed, output =>
        {
            if (parsed.GetValue(renew)) Renew(parsed.GetRequiredValue(file), parsed.GetRequiredValue(directory), output);
            else Join(parsed.GetRequiredValue(file), parsed.GetValue(hub), parsed.GetValue(source), parsed.GetRequiredValue(directory), output);
        }));
        return command;
    }

    private static void Renew(string file, string directory, TextWriter output)
    {
        SiteBundle bundle = Read(file);
        string certificates = Path.Combine(directory, bundle.Name);
        if (!File.Exists(Path.Combine(certificates, "site.key"))) throw new PkiException($"there is nothing to renew in {certificates}: join without --renew first");
        // First all new files, then all in place: a full disk leaves the old ones whole.
        List<string> names = ["site.key", "site.pem", "ca.pem"];
        if (bundle.RevocationList is not null) names.Add("crl.pem");
        foreach (string name in names) File.Delete(Path.Combine(certificates, name + ".new"));
        SecretFile.Write(Path.Combine(certificates, "site.key.new"), bundle.Key);
        File.WriteAllText(Path.Combine(certificates, "site.pem.new"), bundle.Certificate);
        File.WriteAllText(Path.Combine(certificates, "ca.pem.new"), bundle.Authority);
        if (bundle.RevocationList is { } list) File.WriteAllText(Path.Combine(certificates, "crl.pem.new"), list);
        foreach (string name in names) File.Move(Path.Combine(certificates, name + ".new"), Path.Combine(certificates, name), overwrite: true);
        output.WriteLine($"The certificate files of {bundle.Name} in {certificates} are new; the configuration stays. The bundle is not needed any more: delete it.");
        output.WriteLine("Next: dmvpn reload");
    }

    private static void Join(string file, string? hub, string? source, string directory, TextWriter output)
    {
        SiteBundle bundle = Read(file);
        hub ??= bundle.Network.Hub;
        if (hub is null && !bundle.IsHub) throw new PkiException("where is the hub? Say it with --hub ADDRESS");
        source ??= DefaultRoute() ?? throw new PkiException("there is no default route to tell the interface towards the internet by: name it with --source INTERFACE");
        string configuration = Path.Combine(directory, bundle.Name + ".ios"), certificates = Path.Combine(directory, bundle.Name);
        if (File.Exists(configuration)) throw new PkiException($"{configuration} is there already, and is not overwritten: move it away first");
        Directory.CreateDirectory(certificates, OwnerOnly);
        SecretFile.Write(Path.Combine(certificates, "site.key"), bundle.Key);
        File.WriteAllText(Path.Combine(certificates, "site.pem"), bundle.Certificate);
        File.WriteAllText(Path.Combine(certificates, "ca.pem"), bundle.Authority);
        if (bundle.RevocationList is { } list) File.WriteAllText(Path.Combine(certificates, "crl.pem"), list);
        SecretFile.Write(configuration, SiteConfiguration.Write(bundle, hub, source, bundle.Name + "/"));
        output.WriteLine($"{bundle.Name} is {bundle.Address} in {bundle.Network.Domain}{(bundle.IsHub ? ", the hub" : $", by the hub at {hub}")}, from interface {source}.");
        output.WriteLine($"Configuration: {configuration}; certificate and key: {certificates}. The bundle is not needed any more: delete it.");
        output.WriteLine($"Next: dmvpn run {configuration}");
    }

    private static SiteBundle Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), PkiJson.Default.SiteBundle) is { Version: 1 } bundle && SiteBundle.IsName(bundle.Name)
                ? bundle : throw new PkiException($"{file} is no bundle that this version reads");
        }
        catch (JsonException)
        {
            throw new PkiException($"{file} is no bundle of 'dmvpn pki issue'");
        }
    }

    /// <summary>The interface of the default route (proc(5), /proc/net/route): destination and mask are zero.</summary>
    private static string? DefaultRoute()
    {
        foreach (string line in File.ReadLines("/proc/net/route").Skip(1))
        {
            string[] fields = line.Split('\t');
            if (fields.Length > 7 && fields[1] == "00000000" && fields[7] == "00000000") return fields[0];
        }
        return null;
    }
}
