using System.Text;
using System.Text.Json;
using Dmvpn.Cli.Client;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Cli.Exec;

/// <summary>Runs EXEC actions against a daemon and writes what they give: as text through the modifiers, or as JSON.</summary>
internal sealed class ExecRunner(ControlClient client, TextWriter output, bool json)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Runs one action. Throws <see cref="ControlException"/> when the daemon cannot be asked or refuses.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public async Task<int> RunAsync(ExecAction action, IReadOnlyList<OutputModifier> modifiers, CancellationToken cancel)
    {
        switch (action)
        {
            case ShowAction show:
                byte[] body = await client.GetAsync(show.Path, cancel);
                await WriteAsync(json ? Pretty(body) : show.Render(body), modifiers);
                return ExitCodes.Ok;
            case PostAction post:
                byte[] answer = await client.PostAsync(post.Path, post.Body, cancel);
                (string text, bool success) = post.Render(answer);
                await WriteAsync(json ? Pretty(answer) : text, modifiers);
                return success ? ExitCodes.Ok : ExitCodes.Failed;
            case DebugAction debug:
                await DebugAsync(debug, modifiers, cancel);
                return ExitCodes.Ok;
            case TextAction plain:
                await WriteAsync(json ? Pretty(JsonSerializer.SerializeToUtf8Bytes(new CommandResult { Message = plain.Text.TrimEnd() }, ApiJson.Default.CommandResult)) : plain.Text, modifiers);
                return ExitCodes.Ok;
            case HistoryAction:
                throw new ControlException(ExitCodes.Usage, "the history is the shell's", "ask for it in 'dmvpn shell'");
            default:
                return ExitCodes.Ok;
        }
    }

    /// <summary>Runs a screen again and again until cancelled; on a terminal each time on a clean screen.</summary>
    public async Task<int> WatchAsync(ExecAction action, IReadOnlyList<OutputModifier> modifiers, string title, TimeSpan period, bool terminal, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                // Into a buffer first: the old screen stays until the new one is complete.
                var screen = new StringWriter { NewLine = "\n" };
                int code;
                try
                {
                    code = await new ExecRunner(client, screen, json).RunAsync(action, modifiers, cancel);
                }
                catch (ControlException exception) when (terminal)
                {
                    // A daemon that restarts is one of the things that are worth watching.
                    screen.Write($"% {exception.Message}\n");
                    code = ExitCodes.Ok;
                }

                if (terminal) await output.WriteAsync($"\e[H\e[2JEvery {period.TotalSeconds:0.###} s: {title}    (Ctrl-C ends)\n\n");
                await output.WriteAsync(screen.ToString());
                await output.FlushAsync(cancel);
                if (code != ExitCodes.Ok) return code;
                await Task.Delay(period, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Ok;
        }
    }

    /// <summary>JSON as a person reads it; a document that the daemon gave is never changed otherwise.</summary>
    public static string Pretty(byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer, Indented)) document.WriteTo(writer);
            return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
        }
        catch (JsonException exception)
        {
            throw new ControlException(ExitCodes.Failed, $"the daemon's answer was not understood: {exception.Message}", null);
        }
    }

    private async Task DebugAsync(DebugAction debug, IReadOnlyList<OutputModifier> modifiers, CancellationToken cancel)
    {
        try
        {
            await foreach (string line in client.StreamAsync(debug.Path, cancel))
            {
                string text = json ? line : SystemScreens.Line(ControlClient.Read(Encoding.UTF8.GetBytes(line), ApiJson.Default.DebugLine));
                foreach (string part in text.Split('\n'))
                {
                    if (modifiers.All(modifier => modifier.Keeps(part))) await output.WriteAsync(part + "\n");
                }

                await output.FlushAsync(cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Ctrl-C is how debugging ends.
        }
    }

    private async Task WriteAsync(string text, IReadOnlyList<OutputModifier> modifiers)
    {
        await output.WriteAsync(OutputModifier.Apply(text, modifiers));
        await output.FlushAsync();
    }
}
