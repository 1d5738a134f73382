using System.CommandLine;
using System.CommandLine.Help;
using Dmvpn.Lab.Hosts;
using Spectre.Console;

namespace Dmvpn.Lab.Commands;

/// <summary><c>dmvpn lab</c>.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] words)
    {
        // As the user calls it, for the help's first lines.
        Command root = new("./dmvpn") { CreateLab(), new HelpOption() };
        ParseResult parsed = root.Parse(["lab", .. words]);
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
        }
        catch (CommandFailedException e)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{e.Message}[/]");
            return 1;
        }
        catch (ObjectDisposedException)
        {
            // Ctrl-C took the network away while it was being made; the signal ends the process.
            return 130;
        }
    }

    private static Command CreateLab()
    {
        var once = new Option<bool>("--once") { Description = "Do the same, take the network away again, and exit with the result." };
        var root = new Command("lab", "A whole DMVPN on this machine: an internet, a hub, four spokes (two of them behind one NAT), a LAN host behind each, in network namespaces; all of it encrypted.")
        {
            once,
        };
        root.SetAction((result, _) => Demonstration.RunAsync(result.GetValue(once)));

        var site = new Argument<string>("WHERE") { Description = "hub, spoke1 to spoke4, one of their LAN hosts (spoke1-lan), inet, nat" };
        var command = new Argument<string[]>("COMMAND") { Description = "the command and its arguments" };
        root.Add(Define("shell", "A shell there.", [site], r => Visit.ShellAsync(r.GetValue(site)!)));
        root.Add(Define("exec", "Runs a command there; after -- if it has options.", [site, command],
            r => Visit.ExecAsync(r.GetValue(site)!, r.GetValue(command) ?? [])));
        var router = new Argument<string?>("ROUTER") { Description = "hub or a spoke; all without it", Arity = ArgumentArity.ZeroOrOne };
        var screen = new Argument<string[]>("SCREEN") { Description = "words after `show`; `dmvpn` without any" };
        root.Add(Define("show", "A screen of one router or of all.", [router, screen],
            r => Visit.ShowAsync(r.GetValue(router), r.GetValue(screen) ?? [])));
        var mover = new Argument<string>("SPOKE") { Description = "spoke1 or spoke2" };
        root.Add(Define("move", "Gives a spoke another address on the internet; back again the next time.", [mover],
            r => Visit.MoveAsync(r.GetValue(mover)!)));
        root.Add(Define("down", "Takes the network away, and what runs that were killed left behind.", [], _ => Visit.Down()));
        return root;
    }

    private static Command Define(string name, string description, Argument[] arguments, Func<ParseResult, Task<int>> action)
    {
        var command = new Command(name, description);
        foreach (Argument argument in arguments)
            command.Add(argument);
        command.SetAction((result, _) => action(result));
        return command;
    }
}
