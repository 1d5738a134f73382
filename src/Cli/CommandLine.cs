using System.CommandLine;
using Dmvpn.Cli.Exec;
using Dmvpn.Daemon;

namespace Dmvpn.Cli;

/// <summary>
/// The command line. What is not one of its own commands and begins like an EXEC command (<c>dmvpn sh ip nhrp</c>) is one.
/// </summary>
internal sealed class CommandLine
{
    /// <summary>Where the daemon listens unless it is said otherwise.</summary>
    public const string DefaultSocket = "/run/dmvpn.sock";

    /// <summary>Commands that print no JSON: asking for it is a mistake that a script must see.</summary>
    private static readonly string[] WithoutJson = ["run", "top", "pki", "join", "completion", "complete"];

    private readonly IProgramParts _parts;
    private readonly ExecLanguage _language;
    private readonly RootCommand _root;

    private readonly Option<string> _socket = new("--socket")
    {
        Description = $"Control socket of the daemon (or DMVPN_SOCKET; {DefaultSocket})",
        HelpName = "PATH",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DMVPN_SOCKET") is { Length: > 0 } path ? path : DefaultSocket,
    };

    private readonly Option<bool> _json = new("--json") { Description = "The same content as JSON", Recursive = true };
    private readonly Option<bool> _noColor = new("--no-color") { Description = "No colours (or NO_COLOR)", Recursive = true };

    private readonly Option<double> _watch = new("--watch")
    {
        Description = "Show it again every SECONDS (2) until Ctrl-C",
        HelpName = "SECONDS",
        Recursive = true,
    };

    private CommandLine(IProgramParts parts, ExecLanguage language)
    {
        (_parts, _language) = (parts, language);
        _root = new RootCommand(HelpText.Summary) { TreatUnmatchedTokensAsErrors = true };
        foreach (Option option in (Option[])[_socket, _json, _watch, _noColor]) _root.Add(option);
        _root.Add(Run());
        _root.Add(Check());
        _root.Add(Exec("show", "Show what the daemon knows, as on IOS: dmvpn, ip nhrp, crypto, ip route, interfaces…", "show "));
        _root.Add(Exec("clear", "Forget NHRP entries, sessions, security associations or counters", "clear "));
        _root.Add(Exec("debug", "Stream events until Ctrl-C: nhrp, dmvpn, crypto, tunnel, cdp, ip routing", "debug "));
        _root.Add(Reload());
        _root.Add(Shell());
        _root.Add(Top());
        foreach (Command command in parts.MoreCommands) _root.Add(command);
        _root.Add(Completion());
        _root.Add(Version());
        _root.Add(Complete());
        _root.Add(Exec("exec", "An EXEC line", "", hidden: true));
    }

    /// <summary>A command line that sets <paramref name="parts"/> to work.</summary>
    public static CommandLine Create(IProgramParts parts, ExecLanguage language) => new(parts, language);

    /// <summary>Parses and runs.</summary>
    public static async Task<int> RunAsync(string[] args, IProgramParts parts, ExecLanguage language)
    {
        CommandLine line = Create(parts, language);
        string[] prepared = line.Prepare(args);
        if (prepared.Length == 0 || prepared is ["--help"] or ["-h"] or ["help"] or ["?"])
        {
            await parts.Output.WriteAsync(HelpText.Full);
            return ExitCodes.Ok;
        }

        // Those talk to no daemon: their help need not offer how.
        if (prepared[0] is "pki" or "join" or "completion") line._socket.Hidden = line._json.Hidden = line._watch.Hidden = true;
        ParseResult parsed = line._root.Parse(prepared, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is not System.CommandLine.Help.HelpAction)
        {
            foreach (var error in parsed.Errors) await parts.Error.WriteAsync($"dmvpn: {error.Message}\n");
            await parts.Error.WriteAsync("'dmvpn --help' lists the commands.\n");
            return ExitCodes.Usage;
        }

        string name = FirstWord([.. prepared]) is >= 0 and int at ? prepared[at] : "";
        if (parsed.GetValue(line._json) && WithoutJson.Contains(name))
        {
            string remedy = name == "top" ? "'dmvpn show interfaces --json' and 'dmvpn show platform --json' have the same numbers" : "leave out --json";
            await parts.Error.WriteAsync($"dmvpn: there is no JSON of '{name}'\n       {remedy}\n");
            return ExitCodes.Usage;
        }

        if (parsed.GetValue(line._noColor)) parts.Color = false;
        // No ProcessTerminationTimeout: who runs longer than a moment handles Ctrl-C itself.
        return await parsed.InvokeAsync(new InvocationConfiguration { Output = parts.Output, Error = parts.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>Makes an EXEC line of words that are no command of ours, and gives <c>--watch</c> its value.</summary>
    internal string[] Prepare(string[] args)
    {
        var prepared = new List<string>(args);
        for (int i = 0; i < prepared.Count; i++)
        {
            if (prepared[i] == "--") break;
            if (prepared[i] == "--watch" && !(i + 1 < prepared.Count && double.TryParse(prepared[i + 1], out _))) prepared[i] = "--watch=2";
        }

        int first = FirstWord(prepared);
        if (first < 0 || _root.Subcommands.Any(command => command.Name == prepared[first])) return [.. prepared];
        if (_language.Candidates(prepared[first].TrimEnd('?')).Count > 0) prepared.Insert(first, "exec");
        return [.. prepared];
    }

    private static int FirstWord(List<string> args)
    {
        for (int i = 0; i < args.Count; i++)
        {
            if (args[i] is "--socket" or "--watch") i++;
            else if (!args[i].StartsWith('-')) return i;
        }

        return -1;
    }

    private Command Run()
    {
        var file = new Argument<string>("FILE") { Description = "Configuration in IOS syntax" };
        var level = new Option<string?>("--log-level") { Description = "debug, info, warning or error; goes before the configuration's 'logging'", HelpName = "LEVEL" };
        level.AcceptOnlyFromAmong("debug", "info", "warning", "error");
        var format = new Option<string>("--log-format") { Description = "text or journald (chosen by itself under systemd)", HelpName = "FORMAT", DefaultValueFactory = _ => "auto" };
        format.AcceptOnlyFromAmong("auto", "text", "journald");
        var keys = new Option<string?>("--keylog") { Description = "Write the keys of all SAs to FILE, for Wireshark: whoever has it reads all traffic", HelpName = "FILE" };
        var state = new Option<string?>("--state")
        {
            Description = "File for the secrets by which peers come back quickly after a restart; made when it is not there (the socket's name with .secrets)",
            HelpName = "FILE",
        };
        var command = new Command("run", "Run the router with a configuration file, in the foreground") { file, level, format, keys, state };
        command.SetAction((result, cancel) => _parts.RunDaemonAsync(
            new RunRequest(result.GetRequiredValue(file), result.GetRequiredValue(_socket), result.GetValue(level), result.GetRequiredValue(format), result.GetValue(keys), result.GetValue(state)), cancel));
        return command;
    }

    private Command Check()
    {
        var file = new Argument<string>("FILE") { Description = "Configuration in IOS syntax" };
        var passedOver = new Option<bool>("--passed-over") { Description = "List the lines that have no effect here" };
        var command = new Command("check", "Check a configuration file without running it") { file, passedOver };
        command.SetAction((result, cancel) =>
            _parts.CheckAsync(new CheckFileRequest(result.GetRequiredValue(file), result.GetValue(_json), result.GetValue(passedOver)), cancel));
        return command;
    }

    private Command Exec(string name, string description, string prefix, bool hidden = false) => Exec(name, description, _ => prefix, hidden);

    private Command Exec(string name, string description, Func<ParseResult, string> prefix, bool hidden = false)
    {
        var words = new Argument<string[]>("WORDS") { Description = "Words of the command, may be abbreviated; '?' as the last shows what can follow", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command(name, description) { words };
        command.Hidden = hidden;
        command.SetAction((result, cancel) => _parts.ExecAsync(
            new ExecRequest(
                prefix(result) + string.Join(' ', result.GetValue(words) ?? []),
                result.GetRequiredValue(_socket),
                result.GetValue(_json),
                result.GetResult(_watch) is { Implicit: false } ? TimeSpan.FromSeconds(Math.Clamp(result.GetValue(_watch), 0.1, 3600)) : null),
            cancel));
        return command;
    }

    private Command Reload()
    {
        var force = new Option<bool>("--force") { Description = "Also when the last tunnel or the protection of one goes" };
        Command command = Exec("reload", "Read the configuration file again; a refused one changes nothing", result => result.GetValue(force) ? "reload force " : "reload ");
        command.Add(force);
        return command;
    }

    private Command Shell()
    {
        var command = new Command("shell", "The EXEC mode of IOS: '?', TAB, history, abbreviations; reads a script from a pipe");
        command.SetAction((result, cancel) => _parts.ShellAsync(result.GetRequiredValue(_socket), result.GetValue(_json), cancel));
        return command;
    }

    private Command Top()
    {
        var command = new Command("top", "Live: rates, batches and drops of tunnels, workers and ports; --watch SECONDS sets the pace (2)");
        command.SetAction((result, cancel) => _parts.TopAsync(
            result.GetRequiredValue(_socket), TimeSpan.FromSeconds(result.GetResult(_watch) is { Implicit: false } ? Math.Clamp(result.GetValue(_watch), 0.1, 3600) : 2), cancel));
        return command;
    }

    private Command Completion()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print the completion script for a shell: eval \"$(dmvpn completion bash)\"") { shell };
        command.SetAction(result => _parts.Output.Write(CompletionScripts.For(result.GetRequiredValue(shell))));
        return command;
    }

    private Command Version()
    {
        var command = new Command("version", "Print the version of this program");
        command.SetAction(result => _parts.Output.Write(
            result.GetValue(_json) ? $"{{\n  \"version\": \"{ProductVersion.Number}\"\n}}\n" : $"dmvpn {ProductVersion.Number}\n"));
        return command;
    }

    /// <summary>What the completion scripts call: the words typed so far, the last one unfinished.</summary>
    private Command Complete()
    {
        var words = new Argument<string[]>("WORDS") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("complete", "Candidates for the last word") { words };
        command.Hidden = true;
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(result =>
        {
            string[] typed = result.GetValue(words) ?? [];
            foreach (string candidate in CompletionScripts.Candidates(_root, _language, typed)) _parts.Output.Write(candidate + "\n");
        });
        return command;
    }
}
