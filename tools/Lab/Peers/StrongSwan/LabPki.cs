using Dmvpn.Lab.Hosts;

namespace Dmvpn.Lab.Peers.StrongSwan;

/// <summary>A certificate and its key, PEM.</summary>
/// <param name="Subject">The distinguished name in strongSwan's words: <c>O=lab, CN=spoke1</c>.</param>
public sealed record LabCertificate(string Subject, string Certificate, string Key);

/// <summary>A certification authority made by strongSwan's own <c>pki</c>: nothing of ours is in what ours is tested with.</summary>
public sealed class LabPki
{
    private readonly string _directory;
    private readonly string _kind;
    private int _count;

    private LabPki(string directory, string kind)
    {
        _directory = directory;
        _kind = kind;
    }

    /// <summary>Why this machine cannot make one; null when it can.</summary>
    public static string? Obstacle => File.Exists("/usr/bin/pki") ? null : "no /usr/bin/pki (Debian package strongswan-pki)";

    /// <summary>The authority's certificate, PEM.</summary>
    public string Authority { get; private set; } = "";

    /// <summary>The authority's certificate as a file.</summary>
    public string AuthorityFile => Path.Combine(_directory, "ca.pem");

    /// <summary>Makes an authority.</summary>
    /// <param name="kind">What its keys are: <c>rsa 2048</c>, <c>ecdsa 256</c>, <c>ed25519</c>.</param>
    public static async Task<LabPki> CreateAsync(LabRun run, string kind)
    {
        string directory = Path.Combine(run.Directory, "pki-" + kind.Replace(' ', '-'));
        Directory.CreateDirectory(directory);
        var made = new LabPki(directory, kind);
        await made.GenerateAsync("ca.key").ConfigureAwait(false);
        made.Authority = await RunAsync("--self", "--ca", "--in", made.At("ca.key"), "--dn", "O=lab, CN=lab CA", "--lifetime", "10", "--outform", "pem").ConfigureAwait(false);
        await File.WriteAllTextAsync(made.AuthorityFile, made.Authority).ConfigureAwait(false);
        return made;
    }

    /// <summary>Issues a certificate; its files are NAME.pem and NAME.key in <see cref="FileOf"/>.</summary>
    public async Task<LabCertificate> IssueAsync(string name)
    {
        string key = await GenerateAsync(name + ".key").ConfigureAwait(false), subject = $"O=lab, CN={name}";
        string certificate = await RunAsync("--issue", "--in", At(name + ".key"), "--type", "priv", "--cacert", AuthorityFile, "--cakey", At("ca.key"),
            "--dn", subject, "--san", name + ".lab", "--serial", $"{++_count:x2}", "--lifetime", "10", "--outform", "pem").ConfigureAwait(false);
        await File.WriteAllTextAsync(At(name + ".pem"), certificate).ConfigureAwait(false);
        return new LabCertificate(subject, certificate, key);
    }

    /// <summary>Where a file of the authority is.</summary>
    public string FileOf(string file) => At(file);

    private string At(string file) => Path.Combine(_directory, file);

    private async Task<string> GenerateAsync(string file)
    {
        string[] words = _kind.Split(' ');
        string[] size = words.Length > 1 ? ["--size", words[1]] : [];
        string key = await RunAsync(["--gen", "--type", words[0], .. size, "--outform", "pem"]).ConfigureAwait(false);
        await File.WriteAllTextAsync(At(file), key).ConfigureAwait(false);
        return key;
    }

    private static Task<string> RunAsync(params string[] arguments) => Host.RunAsync("pki", arguments);
}
