using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show adjacency [detail]</c>.</summary>
public static class AdjacencyScreen
{
    private const string Indent = "                                   ";

    /// <summary>The screen; <paramref name="detail"/> adds counters and where packets go.</summary>
    public static string Render(AdjacencyState state, bool detail = false)
    {
        var text = new ScreenText().Line("Protocol Interface                 Address");
        foreach (AdjacencyEntry entry in state.Entries)
        {
            string protocol = entry.Address.IsIPv4 ? "IP" : "IPV6";
            text.Line($"{protocol,-8} {entry.Tunnel,-25} {entry.Address.Text()}({entry.References}){(entry.Nbma is null ? " (incomplete)" : "")}");
            if (!detail) continue;
            text.Line($"{Indent}{entry.OutputPackets} packets, {entry.OutputBytes} bytes");
            if (entry.Nbma is { } nbma) text.Line($"{Indent}NBMA address {nbma.Text()}{(entry.Association == 0 ? "" : $", association {entry.Association}")}");
        }

        return text.ToString();
    }
}
