using System.Diagnostics;

namespace Dmvpn.Architecture.Tests;

/// <summary>
/// The build refuses what the layers forbid. A small source tree with one violation in each project is built with the real
/// rules (eng/, Directory.*), beside projects that violate nothing: one build, no network.
/// </summary>
public sealed class LayerTests(LayerTests.FakeTree tree) : IClassFixture<LayerTests.FakeTree>
{
    [Theory]
    [InlineData("Nhrp", "Layer rule: 'Nhrp' may not reference 'Rib'")]
    [InlineData("Stranger", "Layer rule: 'Stranger' has no row in eng/Layers.targets")]
    [InlineData("Odr", "error RS0030: The symbol 'DateTime.UtcNow' is banned in this project: An engine has no clock")]
    [InlineData("Wire", "is banned in this project: Sockets live in Runtime")]
    [InlineData("Dataplane", "error RS0030: The symbol 'Random' is banned in this project: Randomness is injected")]
    public void Project_ThatBreaksARule_DoesNotBuild(string project, string message)
    {
        Assert.Contains(tree.Errors, line => line.Contains($"{project}.csproj", StringComparison.Ordinal) && line.Contains(message, StringComparison.Ordinal));
        Assert.False(tree.IsBuilt(project));
    }

    [Theory]
    [InlineData("Core")]
    [InlineData("Rib")] // an engine that references what it may
    [InlineData("Runtime")] // a shell, where the clock, sockets and randomness are allowed
    public void Project_ThatBreaksNoRule_Builds(string project)
    {
        Assert.DoesNotContain(tree.Errors, line => line.Contains($"{project}.csproj", StringComparison.Ordinal));
        Assert.True(tree.IsBuilt(project), string.Join('\n', tree.Errors));
    }

    /// <summary>The tree and the outcome of building it once.</summary>
    public sealed class FakeTree : IDisposable
    {
        private static readonly string[] Rules =
        [
            "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", ".editorconfig", "global.json",
            "eng/Layers.targets", "eng/BannedSymbols.Engine.txt", "eng/BannedSymbols.Pure.txt",
        ];

        private static readonly (string Project, string References, string Body)[] Projects =
        [
            ("Core", "", "1"),
            ("Rib", "Core", "1"),
            ("Nhrp", "Rib", "1"),
            ("Stranger", "", "1"),
            ("Odr", "", "(int)System.DateTime.UtcNow.Ticks"),
            ("Wire", "", "new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Raw, 0).Available"),
            ("Dataplane", "", "System.Random.Shared.Next()"),
            ("Runtime", "", "(int)System.DateTime.UtcNow.Ticks + System.Random.Shared.Next() + (int)System.Net.Sockets.SocketType.Raw"),
        ];

        private readonly string _root = Directory.CreateTempSubdirectory("dmvpn-layers-").FullName;

        public FakeTree()
        {
            foreach (string rule in Rules) Write(rule, File.ReadAllText(Path.Combine(Repository.Root, rule)));
            foreach ((string project, string references, string body) in Projects)
            {
                string item = references.Length == 0 ? "" : $"<ItemGroup><ProjectReference Include=\"../{references}/{references}.csproj\" /></ItemGroup>";
                Write($"src/{project}/{project}.csproj", $"<Project Sdk=\"Microsoft.NET.Sdk\">{item}</Project>");
                Write($"src/{project}/Sample.cs", $"namespace Dmvpn.{project};\n\ninternal static class Sample\n{{\n    public static int Value => {body};\n}}\n");
            }
            string includes = string.Concat(Projects.Select(p => $"<Project Path=\"src/{p.Project}/{p.Project}.csproj\" />"));
            Write("All.slnx", $"<Solution>{includes}</Solution>");
            Directory.CreateDirectory(Path.Combine(_root, "no-packages"));
            Errors = Build();
        }

        /// <summary>The lines of the build that are errors.</summary>
        public IReadOnlyList<string> Errors { get; }

        public bool IsBuilt(string project) => File.Exists(Path.Combine(_root, "src", project, "bin", "Debug", "net10.0", $"Dmvpn.{project}.dll"));

        public void Dispose() => Directory.Delete(_root, recursive: true);

        private List<string> Build()
        {
            var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
            {
                WorkingDirectory = _root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };

            // Packages come from the cache that building this test filled; the only source is an empty folder.
            string source = Path.Combine(_root, "no-packages");
            foreach (string argument in (string[])["build", "All.slnx", "-nologo", "-v", "q", "-nodeReuse:false", $"-p:RestoreSources={source}"])
            {
                start.ArgumentList.Add(argument);
            }
            foreach (string inherited in start.Environment.Keys.Where(k => k.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
            {
                start.Environment.Remove(inherited);
            }
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd() + errors.Result;
            process.WaitForExit();
            Assert.NotEqual(0, process.ExitCode);
            return [.. output.Split('\n').Where(line => line.Contains(": error ", StringComparison.Ordinal)).Distinct()];
        }

        private void Write(string path, string text)
        {
            string full = Path.Combine(_root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }
    }
}
