using Spectre.Console;

namespace Dmvpn.Lab.Commands;

/// <summary>What was shown, and whether it was true.</summary>
internal sealed class Verdicts
{
    private readonly List<(string What, bool Holds)> _list = [];

    public bool AllHold => _list.TrueForAll(v => v.Holds);

    public void Add(string what, bool holds)
    {
        _list.Add((what, holds));
        if (!holds)
            AnsiConsole.MarkupLineInterpolated($"[red]not so: {what}[/]");
    }

    public void Write()
    {
        AnsiConsole.Write(new Rule("[bold]in short[/]").LeftJustified());
        foreach ((string what, bool holds) in _list)
            AnsiConsole.MarkupLine($"{(holds ? "[green]yes[/]" : "[red]NO [/]")}  {Markup.Escape(what)}");
    }
}
