using System.ComponentModel;
using System.Diagnostics;

namespace Dmvpn.Lab.Hosts;

/// <summary>What a command said and how it ended.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>Status 0.</summary>
    public bool Succeeded => ExitCode == 0;
}

/// <summary>A command of this machine failed that the laboratory cannot do without.</summary>
public sealed class CommandFailedException(string message) : Exception(message);

/// <summary>
/// Commands of this machine. The laboratory and the tests may call <c>ip</c>, <c>nft</c> and the like; the product never does.
/// </summary>
public static class Host
{
    /// <summary>How long an ordinary command may take before it is killed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs a command to its end and throws with its words when it fails.</summary>
    public static async Task<string> RunAsync(string file, params string[] arguments)
    {
        CommandResult result = await TryRunAsync(file, arguments).ConfigureAwait(false);
        return result.Succeeded ? result.Output : throw Failure(file, arguments, result);
    }

    /// <summary>Runs a command to its end; failing is an answer too.</summary>
    public static Task<CommandResult> TryRunAsync(string file, params string[] arguments) =>
        TryRunAsync(file, arguments, input: null, Patience);

    /// <summary>As the other, with something on standard input and another patience.</summary>
    public static async Task<CommandResult> TryRunAsync(string file, string[] arguments, string? input, TimeSpan patience)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Start(start);
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(deadline.Token);
            await WriteInputAsync(process, input).ConfigureAwait(false);
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            return new CommandResult(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return new CommandResult(124, "", $"no end after {patience.TotalSeconds} s");
        }
    }

    /// <summary>What to tell about a command that failed.</summary>
    public static CommandFailedException Failure(string file, IEnumerable<string> arguments, CommandResult result) =>
        new($"`{file} {string.Join(' ', arguments)}` gave {result.ExitCode}: {(result.Error + result.Output).Trim()}");

    internal static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new CommandFailedException($"`{start.FileName}` did not start");
        }
        catch (Win32Exception e)
        {
            throw new CommandFailedException($"`{start.FileName}` cannot be run: {e.Message}");
        }
    }

    private static async Task WriteInputAsync(Process process, string? input)
    {
        try
        {
            if (input is not null)
                await process.StandardInput.WriteAsync(input).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all: its status says whether that is bad.
        }
    }
}
