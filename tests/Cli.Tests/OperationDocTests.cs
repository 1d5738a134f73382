using System.Text;
using Dmvpn.Cli.Dissect;
using Dmvpn.Cli.Exec;
using Dmvpn.Cli.Pki;

namespace Dmvpn.Cli.Tests;

public sealed class OperationDocTests
{
    [Fact]
    public async Task Examples_OfTheManual_AreUnderstood()
    {
        List<string> commands = [.. Lines("$ dmvpn ")];
        Assert.True(commands.Count > 70, $"only {commands.Count} examples were found");
        var language = new ExecLanguage();
        foreach (string command in commands)
        {
            string[] args = Split(command);
            if (args[0] == "dissect")
            {
                // Parsed only: there is no such capture here.
                Assert.Empty(DissectCommand.Create().Parse(args[1..]).Errors);
                continue;
            }
            var spy = new ParseOnly();
            int code = await CommandLine.RunAsync(args, spy, language);
            Assert.True(code == 0, $"dmvpn {command}: {spy.Error}");
            if (spy.Line is { } line) Assert.True(language.TryParse(line, out _, out ExecError error), $"{line}: {error.Message} {error.Reason}");
        }
    }

    [Fact]
    public async Task Commands_OfTheUnitFile_AreUnderstood()
    {
        List<string> commands = [.. Lines("Exec", "contrib", "systemd", "dmvpn@.service").Select(line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..])];
        Assert.Equal(2, commands.Count);
        foreach (string command in commands)
        {
            string[] words = Split(command);
            Assert.Equal("/usr/local/bin/dmvpn", words[0]);
            var spy = new ParseOnly();
            Assert.True(await CommandLine.RunAsync(words[1..], spy, new ExecLanguage()) == 0, $"{command}: {spy.Error}");
        }
    }

    [Fact]
    public void ShellExamples_OfTheManual_AreUnderstood()
    {
        List<string> lines = [.. Lines("hub#")];
        Assert.True(lines.Count >= 6);
        foreach (string line in lines) Assert.True(new ExecLanguage().TryParse(line, out _, out ExecError error), $"{line}: {error.Message} {error.Reason}");
    }

    private static IEnumerable<string> Lines(string start) => Lines(start, "docs", "operation.md");

    private static IEnumerable<string> Lines(string start, params string[] path)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Dmvpn.slnx"))) folder = folder.Parent;
        foreach (string line in File.ReadLines(Path.Combine([folder!.FullName, .. path])))
        {
            if (line.StartsWith(start, StringComparison.Ordinal)) yield return line[start.Length..];
        }
    }

    /// <summary>As a shell splits: at blanks, not inside single quotes.</summary>
    private static string[] Split(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool quoted = false;
        foreach (char letter in line + " ")
        {
            if (letter == '\'') quoted = !quoted;
            else if (letter != ' ' || quoted) word.Append(letter);
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }

        return [.. words];
    }

    /// <summary>Understands its words and does nothing.</summary>
    private static System.CommandLine.Command Idle(System.CommandLine.Command command)
    {
        foreach (System.CommandLine.Command sub in command.Subcommands) Idle(sub);
        if (command.Subcommands.Count == 0) command.SetAction(_ => 0);
        return command;
    }

    private sealed class ParseOnly : IProgramParts
    {
        public string? Line { get; private set; }

        public TextWriter Output { get; } = new StringWriter();

        public TextWriter Error { get; } = new StringWriter();

        public bool Color { get; set; }

        public IEnumerable<System.CommandLine.Command> MoreCommands => [Idle(PkiCommand.Create()), Idle(JoinCommand.Create())];

        public Task<int> RunDaemonAsync(RunRequest request, CancellationToken cancel) => Task.FromResult(0);

        public Task<int> CheckAsync(CheckFileRequest request, CancellationToken cancel) => Task.FromResult(0);

        public Task<int> ShellAsync(string socket, bool json, CancellationToken cancel) => Task.FromResult(0);

        public Task<int> TopAsync(string socket, TimeSpan period, CancellationToken cancel) => Task.FromResult(0);

        public Task<int> ExecAsync(ExecRequest request, CancellationToken cancel)
        {
            Line = request.Line;
            return Task.FromResult(0);
        }
    }
}
