using System.Diagnostics;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;
using Spectre.Console;

namespace Dmvpn.Lab.Commands;

/// <summary>What the user does with a network that was left up.</summary>
internal static class Visit
{
    public static async Task<int> ShellAsync(string where)
    {
        KeptRun run = Current();
        string socket = Path.Combine(run.Directory, where.Split('-')[0] + ".sock");
        AnsiConsole.MarkupLineInterpolated($"[grey]{where} of the laboratory: `dmvpn show dmvpn` asks its router; `exit` leaves.[/]");
        return await AttachAsync(run.Open(where), VisitorShell.Command(where, socket, run.Directory)).ConfigureAwait(false);
    }

    public static Task<int> ExecAsync(string where, string[] command) => AttachAsync(Current().Open(where), command);

    public static async Task<int> ShowAsync(string? router, string[] screen)
    {
        KeptRun run = Current();
        string[] words = screen.Length == 0 ? ["dmvpn"] : screen;
        int status = 0;
        foreach (string name in router is null ? Demonstration.Routers : [router])
        {
            AnsiConsole.Write(new Rule($"[bold]{Markup.Escape(name)}[/]").LeftJustified());
            string socket = Path.Combine(run.Directory, name + ".sock");
            status |= await AttachAsync(run.Open(name), [DmvpnDaemon.Binary, "show", .. words, "--socket", socket]).ConfigureAwait(false);
        }

        return status;
    }

    public static async Task<int> MoveAsync(string spoke)
    {
        int number = Array.IndexOf(Demonstration.Routers, spoke);
        if (number is not (1 or 2))
            throw new CommandFailedException("only spoke1 and spoke2 can move: the hub is where all look for it, the others are behind their NAT");
        NetNamespace node = Current().Open(spoke);
        var home = new SiteAddresses(number);
        string now = await node.IpAsync("-4 -o addr show dev eth0").ConfigureAwait(false);
        SiteAddresses place = now.Contains(home.Public + "/", StringComparison.Ordinal) ? home.Elsewhere : home;
        await Site.MoveAsync(node, place).ConfigureAwait(false);
        AnsiConsole.MarkupLineInterpolated($"{spoke} is at [bold]{place.Public}[/] now. `./dmvpn lab show hub` shows when the hub knows.");
        return 0;
    }

    public static Task<int> Down()
    {
        int count = KeptRun.RemoveAll();
        AnsiConsole.MarkupLine(count == 0 ? "The laboratory was not up." : "The laboratory is down.");
        return Task.FromResult(0);
    }

    private static KeptRun Current() =>
        KeptRun.All.LastOrDefault() ?? throw new CommandFailedException("the laboratory is not up: `./dmvpn lab` brings it up");

    /// <summary>Runs a command there on the user's own terminal.</summary>
    private static async Task<int> AttachAsync(NetNamespace node, string[] command)
    {
        // A Ctrl-C is meant for the command, which shares the terminal with us.
        Console.CancelKeyPress += (_, e) => e.Cancel = true;
        using Process process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", node.FullName, .. command]))
            ?? throw new CommandFailedException("`ip` did not start");
        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode;
    }
}
