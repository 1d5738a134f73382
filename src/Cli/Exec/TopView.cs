using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Dmvpn.Cli.Client;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Cli.Exec;

/// <summary><c>dmvpn top</c>: asks a daemon again and again what it did meanwhile, and draws it on a clean screen until cancelled.</summary>
internal sealed class TopView(ControlClient client, TextWriter output, TimeSpan period, bool terminal)
{
    // On the other screen of the terminal, so that what was there before is there again afterwards.
    private const string Enter = "\e[?1049h\e[?25l", Leave = "\e[?25h\e[?1049l", Home = "\e[H\e[J";

    public async Task<int> RunAsync(CancellationToken cancel)
    {
        TopSample? before = await SampleAsync(cancel);
        if (terminal) await output.WriteAsync(Enter);
        try
        {
            while (true)
            {
                await Task.Delay(period, cancel);
                TopSample? now = null;
                string body;
                try
                {
                    now = await SampleAsync(cancel);
                    body = before is null ? "" : TopScreen.Render(before, now);
                }
                catch (ControlException exception) when (terminal)
                {
                    // A daemon that restarts is one of the things that are worth watching.
                    body = $"% {exception.Message}\n";
                }

                string head = string.Create(CultureInfo.InvariantCulture, $"dmvpn top, every {period.TotalSeconds:0.###} s    {DateTime.Now:HH:mm:ss}{(terminal ? "    (Ctrl-C ends)" : "")}\n\n");
                await output.WriteAsync((terminal ? Home : "") + head + body + (terminal ? "" : "\n"));
                await output.FlushAsync(cancel);
                before = now ?? before;
            }
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Ok;
        }
        finally
        {
            if (terminal) await output.WriteAsync(Leave);
            await output.FlushAsync(CancellationToken.None);
        }
    }

    private async Task<TopSample> SampleAsync(CancellationToken cancel) => new(
        Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency,
        await GetAsync(ApiRoutes.Interfaces, ApiJson.Default.InterfaceState, cancel),
        await GetAsync(ApiRoutes.Platform, ApiJson.Default.PlatformState, cancel),
        await GetAsync(ApiRoutes.Drops, ApiJson.Default.DropState, cancel));

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) => ControlClient.Read(await client.GetAsync(path, cancel), type);
}
