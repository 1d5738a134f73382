using Dmvpn.Cli.Exec;
using Dmvpn.Cli.Shell;

namespace Dmvpn.Cli.Tests.Client;

public sealed class CommandLineTests
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Fact]
    public async Task ShowCommand_WithDaemon_PrintsTheScreen()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync();
        Assert.Equal(0, await RunAsync("show", "adjacency", "--socket", daemon.Socket));
        Assert.Equal("Protocol Interface                 Address\nIP       Tunnel1                   10.0.0.2(3)\n", _output.ToString());
    }

    [Fact]
    public async Task AbbreviatedExecLine_WithoutOwnCommand_IsUnderstood()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync();
        Assert.Equal(0, await RunAsync("--socket", daemon.Socket, "sh", "adj", "tu1", "|", "include", "10.0"));
        Assert.Equal("IP       Tunnel1                   10.0.0.2(3)\n", _output.ToString());
        Assert.Equal(["/v1/adjacencies?tunnel=1"], daemon.Gets);
    }

    [Fact]
    public async Task Json_Asked_HasTheContentOfTheScreen()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync();
        Assert.Equal(0, await RunAsync("show", "adjacency", "--json", "--socket", daemon.Socket));
        Assert.Contains("\"address\": \"10.0.0.2\"", _output.ToString());
    }

    [Fact]
    public async Task ClearCommand_WithDaemon_PostsAndIsSilent()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync();
        Assert.Equal(0, await RunAsync("clear", "ip", "nhrp", "10.0.0.3", "--socket", daemon.Socket));
        Assert.Equal([("/v1/clear/nhrp", """{"family":"ipv4","scope":"dynamic","address":"10.0.0.3"}""")], daemon.Posts);
        Assert.Equal("", _output.ToString());
    }

    [Fact]
    public async Task Refusal_OfTheDaemon_IsExplainedAndFails()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync();
        Assert.Equal(ExitCodes.Failed, await RunAsync("clear", "dmvpn", "session", "peer", "nbma", "1.2.3.4", "--socket", daemon.Socket));
        Assert.Equal("dmvpn: no such peer\n       see 'show dmvpn'\n", _error.ToString());
    }

    [Fact]
    public async Task RefusedReload_IsExplainedAndFails()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync();
        Assert.Equal(ExitCodes.Failed, await RunAsync("reload", "--socket", daemon.Socket));
        Assert.Equal("line 3:5: error: no such thing\n    remove it\n% The configuration was refused; nothing was changed.\n", _output.ToString());
    }

    [Theory]
    [InlineData("top --json")]
    [InlineData("completion bash --json")]
    [InlineData("pki list ca --json")]
    [InlineData("show version ? --json")]
    [InlineData("show version | include a --json")]
    public async Task JsonWhereThereIsNone_IsAMistakeOfTheCaller(string line)
    {
        Assert.Equal(ExitCodes.Usage, await RunAsync(line.Split(' ')));
        Assert.Contains("there is no JSON of", _error.ToString());
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("version --json")]
    [InlineData("configure terminal --json")]
    public async Task JsonWithoutADaemon_IsJson(string line)
    {
        Assert.Equal(0, await RunAsync(line.Split(' ')));
        using var json = System.Text.Json.JsonDocument.Parse(_output.ToString());
        Assert.Equal(System.Text.Json.JsonValueKind.Object, json.RootElement.ValueKind);
    }

    [Fact]
    public async Task DebugStream_IsPrintedLineByLine()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync();
        Assert.Equal(0, await RunAsync("debug", "nhrp", "packet", "--socket", daemon.Socket));
        Assert.Equal("Mar  1 00:02:03.045: NHRP: nhrp-packet\n  (M) more\n", _output.ToString());
    }

    [Fact]
    public async Task NoDaemon_IsSaidWithRemedy()
    {
        string socket = Path.Combine(Path.GetTempPath(), $"dmvpn-{Guid.NewGuid():N}.sock");
        Assert.Equal(ExitCodes.NoDaemon, await RunAsync("show", "dmvpn", "--socket", socket));
        Assert.Equal($"dmvpn: no daemon is running here: there is no socket {socket}\n       start it with 'dmvpn run FILE --socket {socket}', or name another socket with --socket or DMVPN_SOCKET\n", _error.ToString());
    }

    [Fact]
    public async Task SocketWithoutDaemon_IsSaidWithRemedy()
    {
        string path = Path.Combine(Path.GetTempPath(), $"dmvpn-{Guid.NewGuid():N}.sock");
        using (var left = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0))
        {
            left.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
            Assert.Equal(ExitCodes.NoDaemon, await RunAsync("show", "dmvpn", "--socket", path));
        }

        File.Delete(path);
        Assert.Contains("it was stopped without removing its socket", _error.ToString());
    }

    [Fact]
    public async Task WrongExecLine_PointsAtTheWord()
    {
        Assert.Equal(ExitCodes.Usage, await RunAsync("show", "ip", "foo"));
        Assert.StartsWith("show ip foo\n        ^\n% Invalid input detected at '^' marker.\n  'foo' is not known here.", _error.ToString());
    }

    [Fact]
    public async Task UnknownCommand_PointsToHelp()
    {
        Assert.Equal(ExitCodes.Usage, await RunAsync("frobnicate"));
        Assert.EndsWith("'dmvpn --help' lists the commands.\n", _error.ToString());
    }

    [Fact]
    public async Task QuestionMark_ShowsWhatFollows()
    {
        Assert.Equal(0, await RunAsync("show", "ip", "?"));
        Assert.Equal("  interface  IPv4 interface status\n  nhrp       NHRP information\n  route      Routing table\n", _output.ToString());
    }

    [Theory]
    [InlineData("show dmvpn --watch", "show dmvpn --watch=2")]
    [InlineData("show dmvpn --watch 5", "show dmvpn --watch 5")]
    [InlineData("--watch show dmvpn", "--watch=2 show dmvpn")]
    [InlineData("sh ip nhrp", "exec sh ip nhrp")]
    [InlineData("--socket /x sh dm", "--socket /x exec sh dm")]
    [InlineData("run a.conf", "run a.conf")]
    [InlineData("sh?", "exec sh?")]
    public async Task Words_AreMadeACommand(string typed, string expected)
    {
        var spy = new SpyParts(_output, _error);
        CommandLine line = CommandLine.Create(spy, new ExecLanguage());
        Assert.Equal(expected.Split(' '), line.Prepare(typed.Split(' ')));
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData("", "run,check,show,clear,debug,reload,shell,completion,version")]
    [InlineData("sh", "shell,show")]
    [InlineData("show ip n", "nhrp")]
    [InlineData("completion ", "bash,fish,zsh")]
    [InlineData("show dmvpn --w", "--watch")]
    [InlineData("run ", "")]
    public async Task Completion_OfWords_IsWhatMayFollow(string typed, string expected)
    {
        Assert.Equal(0, await RunAsync(["complete", "--", .. typed.Split(' ')]));
        string[] candidates = _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Superset(expected.Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet(), candidates.ToHashSet());
        if (typed.Length > 0) Assert.Equal(expected, string.Join(',', candidates.Order()));
    }

    [Fact]
    public async Task Help_NamesEveryCommand()
    {
        Assert.Equal(0, await RunAsync("--help"));
        string help = _output.ToString();
        foreach (string command in (string[])["run", "check", "reload", "show", "clear", "debug", "shell", "dissect", "completion", "version"])
            Assert.Matches($@"(?m)^  {command}\b", help);
        Assert.DoesNotContain(help.Split('\n'), line => line.Length > 100);
    }

    [Fact]
    public async Task Version_Asked_IsNameAndNumber()
    {
        Assert.Equal(0, await RunAsync("version"));
        Assert.Matches(@"^dmvpn \d+\.\d+\.\d+\n$", _output.ToString());
    }

    [Fact]
    public async Task Watch_RepeatsUntilCancelled()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync();
        using var client = new Dmvpn.Cli.Client.ControlClient(daemon.Socket);
        using var cancel = new CancellationTokenSource();
        var output = new CancelAfter(2, cancel);
        new ExecLanguage().TryParse("show adjacency", out ExecLine line, out _);
        int code = await new ExecRunner(client, output, false).WatchAsync(line.Action, [], "show adjacency", TimeSpan.FromMilliseconds(1), true, cancel.Token);
        Assert.Equal(0, code);
        Assert.Equal(2, daemon.Gets.Count);
        Assert.StartsWith("\e[H\e[2JEvery 0.001 s: show adjacency", output.ToString());
    }

    [Fact]
    public async Task Shell_WithScript_RunsEachLine()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync();
        using var client = new Dmvpn.Cli.Client.ControlClient(daemon.Socket);
        var session = new ShellSession(client, new ExecLanguage(), false);
        int code = await session.RunScriptAsync(new StringReader("! comment\n\nshow adj | count IP\nshow foo\nshow ip nhrp n?\nexit\nshow version\n"), _output, CancellationToken.None);
        Assert.Equal(ExitCodes.Failed, code);
        Assert.Equal("Number of lines which match regexp = 1\n% Invalid input detected at '^' marker.: show foo\n", _output.ToString().Split("  'foo'")[0]);
        Assert.EndsWith("\nnhs\n", _output.ToString());
        Assert.Single(daemon.Gets);
    }

    [Fact]
    public async Task Shell_WithKeys_CompletesHelpsAndRuns()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync();
        using var client = new Dmvpn.Cli.Client.ControlClient(daemon.Socket);
        var terminal = new FakeTerminal("sh\tadj?\t\nshow bad\nexit\n");
        int code = await new ShellSession(client, new ExecLanguage(), false).RunInteractiveAsync(terminal, CancellationToken.None);
        Assert.Equal(0, code);
        string text = terminal.Output.ToString()!;
        Assert.Contains("\rhub#show adj\e[K", text);
        Assert.Contains("?\nadjacency\n", text);
        Assert.Contains("\rhub#show adjacency \e[K", text);
        Assert.Contains("IP       Tunnel1                   10.0.0.2(3)\n", text);
        Assert.Contains("\n         ^\n% Invalid input detected at '^' marker.\n", text);
        Assert.Equal(["/v1/version", "/v1/adjacencies"], daemon.Gets);
    }

    [Theory]
    [InlineData("pki", false)]
    [InlineData("join", false)]
    [InlineData("show", true)]
    public async Task Help_OfACommand_OffersTheDaemonsOptionsWhereThereIsOne(string command, bool offered)
    {
        Assert.Equal(0, await RunAsync(command, "--help"));
        foreach (string option in (string[])["--socket", "--json", "--watch"]) Assert.Equal(offered, _output.ToString().Contains(option, StringComparison.Ordinal));
    }

    private Task<int> RunAsync(params string[] args) => CommandLine.RunAsync(args, new SpyParts(_output, _error), new ExecLanguage());

    private sealed class SpyParts(TextWriter output, TextWriter error) : ProgramParts(new ExecLanguage())
    {
        public override TextWriter Output => output;

        public override TextWriter Error => error;

        public override bool Color { get; set; }
    }

    private sealed class CancelAfter(int flushes, CancellationTokenSource cancel) : StringWriter
    {
        private int _flushes;

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            if (++_flushes == flushes) cancel.Cancel();
            return Task.CompletedTask;
        }
    }

    private sealed class FakeTerminal(string keys) : ITerminal
    {
        private int _next;

        public int Width => 80;

        public TextWriter Output { get; } = new StringWriter();

        public ConsoleKeyInfo? ReadKey()
        {
            if (_next == keys.Length) return null;
            char key = keys[_next++];
            return key switch
            {
                '\n' => new ConsoleKeyInfo('\r', ConsoleKey.Enter, false, false, false),
                '\t' => new ConsoleKeyInfo('\t', ConsoleKey.Tab, false, false, false),
                _ => new ConsoleKeyInfo(key, ConsoleKey.None, false, false, false),
            };
        }

        public Task<int> InterruptibleAsync(Func<CancellationToken, Task<int>> work) => work(CancellationToken.None);
    }
}
