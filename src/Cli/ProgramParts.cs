using System.CommandLine;
using System.Runtime.InteropServices;
using Dmvpn.Cli.Client;
using Dmvpn.Cli.Dissect;
using Dmvpn.Cli.Exec;
using Dmvpn.Cli.Pki;
using Dmvpn.Cli.Shell;
using Dmvpn.Daemon;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Cli;

/// <summary>The real parts: console, control socket, daemon.</summary>
internal class ProgramParts(ExecLanguage language) : IProgramParts
{
    public virtual TextWriter Output => Console.Out;

    public virtual TextWriter Error => Console.Error;

    public virtual IEnumerable<Command> MoreCommands => [PkiCommand.Create(), JoinCommand.Create(), DissectCommand.Create()];

    public virtual bool Color { get; set; } = Environment.GetEnvironmentVariable("NO_COLOR") is not { Length: > 0 } && !Console.IsErrorRedirected;

    public virtual Task<int> RunDaemonAsync(RunRequest request, CancellationToken cancel)
    {
        var options = new DaemonOptions(request.File, request.Socket)
        {
            LogLevel = request.LogLevel switch
            {
                "debug" => LogLevel.Debug,
                "info" => LogLevel.Information,
                "warning" => LogLevel.Warning,
                "error" => LogLevel.Error,
                _ => null,
            },
            Journal = request.LogFormat switch { "journald" => true, "text" => false, _ => null },
            KeyLogFile = request.KeyLog,
        };
        return DaemonHost.RunAsync(request.StateFile is { } state ? options with { StateFile = state } : options, cancel);
    }

    public virtual async Task<int> CheckAsync(CheckFileRequest request, CancellationToken cancel)
    {
        (bool accepted, string text) = ConfigurationCheck.Run(request.File, request.Json, request.PassedOver);
        await Output.WriteAsync(text);
        return accepted ? ExitCodes.Ok : ExitCodes.Failed;
    }

    public async Task<int> ExecAsync(ExecRequest request, CancellationToken cancel)
    {
        if (request.Line.TrimEnd().EndsWith('?'))
        {
            if (request.Json) return await NoJsonAsync("the help of '?'", "leave out --json");
            string before = request.Line.TrimEnd()[..^1];
            await Output.WriteAsync(ExecLanguage.Help(before, language.Candidates(before)));
            return ExitCodes.Ok;
        }

        if (!language.TryParse(request.Line, out ExecLine line, out ExecError error))
        {
            await ExplainAsync(request.Line, error);
            return ExitCodes.Usage;
        }

        if (request.Json && line.Modifiers.Count > 0 && line.Action is not DebugAction)
            return await NoJsonAsync("output behind '|'", "leave out --json, or choose from the JSON with a program such as jq");

        using CancellationTokenSource stop = StopOnSignals(cancel, out IDisposable signals);
        using (signals)
        using (var client = new ControlClient(request.Socket))
        {
            return await GuardAsync(async () =>
            {
                var runner = new ExecRunner(client, Output, request.Json);
                return request.Watch is { } period
                    ? await runner.WatchAsync(line.Action, line.Modifiers, request.Line, period, !Console.IsOutputRedirected, stop.Token)
                    : await runner.RunAsync(line.Action, line.Modifiers, stop.Token);
            });
        }
    }

    public async Task<int> ShellAsync(string socket, bool json, CancellationToken cancel)
    {
        using var client = new ControlClient(socket);
        var session = new ShellSession(client, language, json);
        return await GuardAsync(() => Console.IsInputRedirected
            ? session.RunScriptAsync(Console.In, Output, cancel)
            : session.RunInteractiveAsync(new ConsoleTerminal(), cancel));
    }

    public async Task<int> TopAsync(string socket, TimeSpan period, CancellationToken cancel)
    {
        using CancellationTokenSource stop = StopOnSignals(cancel, out IDisposable signals);
        using (signals)
        using (var client = new ControlClient(socket))
        {
            return await GuardAsync(() => new TopView(client, Output, period, !Console.IsOutputRedirected).RunAsync(stop.Token));
        }
    }

    /// <summary>Runs something; its failures become a line on standard error and an exit code.</summary>
    private async Task<int> GuardAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (ControlException exception)
        {
            await Error.WriteAsync($"{Red("dmvpn:")} {exception.Message}\n");
            if (exception.Remedy is { } remedy) await Error.WriteAsync($"       {remedy}\n");
            return exception.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Ok;
        }
    }

    private async Task<int> NoJsonAsync(string what, string remedy)
    {
        await Error.WriteAsync($"{Red("dmvpn:")} there is no JSON of {what}\n       {remedy}\n");
        return ExitCodes.Usage;
    }

    private async Task ExplainAsync(string line, ExecError error)
    {
        if (error.Column >= 0) await Error.WriteAsync($"{line}\n{new string(' ', error.Column)}^\n");
        await Error.WriteAsync($"{Red(error.Message)}\n");
        if (error.Reason.Length > 0) await Error.WriteAsync($"  {error.Reason}\n");
    }

    private string Red(string text) => Color ? $"\e[31m{text}\e[0m" : text;

    private const int StandardOutput = 1;

    /// <summary>Cancelled by Ctrl-C, by SIGTERM, and when nobody reads the output any more: <c>dmvpn top | head</c>.</summary>
    private static CancellationTokenSource StopOnSignals(CancellationToken cancel, out IDisposable signals)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        PipeWatch.Start(StandardOutput, stop);
        signals = new Registrations(PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));
        return stop;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private sealed class Registrations(params PosixSignalRegistration[] registrations) : IDisposable
    {
        public void Dispose()
        {
            foreach (PosixSignalRegistration registration in registrations) registration.Dispose();
        }
    }
}
