using System.CommandLine;
using Dmvpn.Cli.Pki;

namespace Dmvpn.Cli.Tests.Pki;

/// <summary><c>dmvpn pki</c> and <c>dmvpn join</c> as an operator runs them, in a directory of their own.</summary>
public abstract class PkiBench : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("dmvpn-test-").FullName;

    internal TestClock Clock { get; } = new();

    protected StringWriter Output { get; } = new();

    protected StringWriter Error { get; } = new();

    protected string Ca => At("ca");

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected static string Manual()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Dmvpn.slnx"))) folder = folder.Parent;
        return File.ReadAllText(Path.Combine(folder!.FullName, "docs", "configuration.md"));
    }

    protected string At(string name) => Path.Combine(_directory, name);

    protected string BundleOf(string name) => Path.Combine(Ca, "bundles", name + ".dmvpn");

    protected static string[] FilesIn(string directory) =>
        [.. Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(directory, file)).Order(StringComparer.Ordinal)];

    protected void Ok(params string[] args) => Assert.True(Run(args) == ExitCodes.Ok, $"{string.Join(' ', args)}: {Error}");

    /// <summary>What it wrote on the screen.</summary>
    protected string Says(params string[] args)
    {
        Output.GetStringBuilder().Clear();
        Ok(args);
        return Output.ToString();
    }

    /// <summary>Joins, and gives the configuration.</summary>
    protected string Joined(string name, params string[] more)
    {
        string site = At($"site{Directory.GetDirectories(_directory).Length}");
        Ok(["join", BundleOf(name), "--source", "eth0", "--directory", site, .. more]);
        return File.ReadAllText(Path.Combine(site, name + ".ios"));
    }

    protected void Fails(string problem, params string[] args)
    {
        Error.GetStringBuilder().Clear();
        Assert.Equal(ExitCodes.Failed, Run(args));
        Assert.Contains(problem, Error.ToString());
        Assert.StartsWith("dmvpn: ", Error.ToString());
        Assert.DoesNotContain("PRIVATE", Error.ToString());
    }

    protected int Run(string[] args)
    {
        var root = new RootCommand { PkiCommand.Create(Clock), JoinCommand.Create() };
        ParseResult parsed = root.Parse(args);
        Assert.Empty(parsed.Errors);
        return parsed.Invoke(new InvocationConfiguration { Output = Output, Error = Error });
    }

    internal sealed class TestClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
