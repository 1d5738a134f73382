using Dmvpn.Cli.Client;
using Dmvpn.Cli.Exec;
using Dmvpn.Management.Api;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Cli.Shell;

/// <summary><c>dmvpn shell</c>: the EXEC mode of IOS. Interactive on a terminal, a script of lines otherwise.</summary>
internal sealed class ShellSession(ControlClient client, ExecLanguage language, bool json)
{
    private readonly LineEditor _editor = new();

    /// <summary>Reads commands from a terminal until <c>exit</c>.</summary>
    public async Task<int> RunInteractiveAsync(ITerminal terminal, CancellationToken cancel)
    {
        VersionState version = await client.GetAsync(ApiRoutes.Version, ApiJson.Default.VersionState, cancel);
        string prompt = $"{version.HostName}#";
        TextWriter output = terminal.Output;
        await output.WriteAsync($"OpenDMVPN {version.Version}. '?' helps, TAB completes, 'exit' leaves.\n\n");
        _editor.Clear();
        Draw();
        while (!cancel.IsCancellationRequested && terminal.ReadKey() is { } key)
        {
            switch (_editor.Press(key))
            {
                case EditorAction.Submit:
                    string line = _editor.Text;
                    await output.WriteAsync('\n');
                    _editor.Remember(line);
                    _editor.Clear();
                    if (await terminal.InterruptibleAsync(token => ExecuteAsync(line, prompt.Length, output, token)) == Leave) return ExitCodes.Ok;
                    break;
                case EditorAction.Help:
                    string before = _editor.Text[.._editor.Cursor];
                    await output.WriteAsync($"?\n{ExecLanguage.Help(before, language.Candidates(before))}\n");
                    break;
                case EditorAction.Complete:
                    await CompleteAsync(output);
                    break;
                case EditorAction.Cancel:
                    await output.WriteAsync('\n');
                    _editor.Clear();
                    break;
                case EditorAction.Leave:
                    await output.WriteAsync('\n');
                    return ExitCodes.Ok;
                case EditorAction.ClearScreen:
                    await output.WriteAsync("\e[H\e[2J");
                    break;
                case EditorAction.Redraw:
                    await output.WriteAsync('\n');
                    break;
                case EditorAction.Bell:
                    await output.WriteAsync('\a');
                    break;
            }

            Draw();
        }

        return ExitCodes.Ok;

        void Draw()
        {
            output.Write(LineView.Draw(prompt, _editor.Text, _editor.Cursor, terminal.Width));
            output.Flush();
        }
    }

    /// <summary>Runs the lines of a pipe or file, without prompts.</summary>
    /// <returns><see cref="ExitCodes.Failed"/> when any line failed; the others were run all the same, as IOS does.</returns>
    public async Task<int> RunScriptAsync(TextReader input, TextWriter output, CancellationToken cancel)
    {
        int worst = ExitCodes.Ok;
        while (await input.ReadLineAsync(cancel) is { } line)
        {
            _editor.Remember(line);
            int code = line.TrimEnd().EndsWith('?')
                ? await HelpAsync(line.TrimEnd()[..^1], output)
                : await ExecuteAsync(line, -1, output, cancel);
            if (code == Leave) break;
            worst = Math.Max(worst, code);
        }

        return worst;
    }

    private const int Leave = -1;

    private async Task<int> ExecuteAsync(string line, int promptLength, TextWriter output, CancellationToken cancel)
    {
        if (!language.TryParse(line, out ExecLine parsed, out ExecError error))
        {
            // Interactively the caret stands below the line as it was typed; in a script the line is not there to point at.
            if (error.Column >= 0 && promptLength >= 0) await output.WriteAsync($"{new string(' ', promptLength + error.Column)}^\n");
            await output.WriteAsync(promptLength < 0 ? $"{error.Message}: {line.Trim()}\n" : $"{error.Message}\n");
            if (error.Reason.Length > 0) await output.WriteAsync($"  {error.Reason}\n");
            if (promptLength >= 0) await output.WriteAsync('\n');
            return ExitCodes.Failed;
        }

        try
        {
            switch (parsed.Action)
            {
                case LeaveAction:
                    return Leave;
                case HistoryAction when json:
                    throw new ControlException(ExitCodes.Usage, "there is no JSON of the history", "start the shell without --json");
                case HistoryAction:
                    await output.WriteAsync(OutputModifier.Apply(string.Concat(_editor.History.Select(past => $"  {past}\n")), parsed.Modifiers));
                    return ExitCodes.Ok;
                default:
                    return await new ExecRunner(client, output, json).RunAsync(parsed.Action, parsed.Modifiers, cancel);
            }
        }
        catch (ControlException exception)
        {
            await output.WriteAsync($"% {exception.Message}\n");
            if (exception.Remedy is { } remedy) await output.WriteAsync($"  {remedy}\n");
            return exception.ExitCode;
        }
        catch (OperationCanceledException)
        {
            await output.WriteAsync('\n');
            return ExitCodes.Ok;
        }
    }

    private async Task<int> HelpAsync(string line, TextWriter output)
    {
        await output.WriteAsync(ExecLanguage.Help(line, language.Candidates(line)));
        return ExitCodes.Ok;
    }

    private async Task CompleteAsync(TextWriter output)
    {
        string before = _editor.Text[.._editor.Cursor];
        int start = before.LastIndexOf(' ') + 1;
        string completed = language.Complete(before, out IReadOnlyList<Completion> candidates);
        if (candidates.Count == 0)
        {
            await output.WriteAsync('\a');
        }
        else if (completed.Length > before.Length - start || candidates.Count == 1)
        {
            _editor.ReplaceBeforeCursor(start, completed);
        }
        else
        {
            await output.WriteAsync($"\n{ExecLanguage.Help(before, candidates)}");
        }
    }
}
