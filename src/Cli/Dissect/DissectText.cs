using System.Globalization;

namespace Dmvpn.Cli.Dissect;

/// <summary>A report as text: a line for each frame, what is inside NHRP, CDP and RIP below it, and the summary as the last line.</summary>
internal static class DissectText
{
    public static void Write(DissectReport report, TextWriter to)
    {
        foreach (DissectedFrame frame in report.Frames)
        {
            to.WriteLine($"{frame.Number,5}  {frame.Time}  {string.Join(" | ", frame.Layers.Select(Line))}");
            foreach (DissectedLayer layer in frame.Layers)
            {
                if (layer.Ike is { Text.Length: > 0 } ike) Write(ike, to);
                if (layer.Nhrp is { } nhrp) Write(nhrp, to);
                if (layer.Cdp is { } cdp) Write(cdp, to);
                if (layer.Rip is { } rip) Write(rip, to);
            }
        }
        to.WriteLine(Line(report.Summary));
    }

    private static string Line(DissectedLayer layer)
    {
        if (layer.Malformed is { } why) return $"{layer.Protocol}{(layer.Detail is null ? "" : " ")}{layer.Detail} MALFORMED: {why}";
        string line = layer.Protocol;
        if (layer.Source is not null) line += $" {layer.Source} > {layer.Destination}";
        if (layer.GreKey is { } key) line += $" key {key}";
        if (layer.GreSequence is { } sequence) line += $" sequence {sequence}";
        return layer.Detail is { Length: > 0 } detail ? $"{line} {detail}" : line;
    }

    private static void Write(DissectedIke ike, TextWriter to)
    {
        foreach (string line in ike.Text.Split('\n')) to.WriteLine($"       {line}");
    }

    private static void Write(DissectedNhrp nhrp, TextWriter to)
    {
        to.WriteLine($"       NHRP: {nhrp.Type}, packet size: {nhrp.PacketSize}");
        foreach (string line in nhrp.Text.Split('\n')) to.WriteLine($"       {line}");
        Write(nhrp.Reproduced, to);
    }

    private static void Write(DissectedCdp cdp, TextWriter to)
    {
        to.WriteLine($"       CDP version {cdp.Version}, ttl {cdp.TimeToLive}, device id: {cdp.DeviceId}, port id: {cdp.PortId}");
        if (cdp.Platform is not null) to.WriteLine($"        platform: {cdp.Platform}");
        if (cdp.SoftwareVersion is not null) to.WriteLine($"        version: {cdp.SoftwareVersion.ReplaceLineEndings(" / ")}");
        if (cdp.Addresses.Count > 0) to.WriteLine($"        addresses: {string.Join(", ", cdp.Addresses)}");
        if (cdp.OdrGateway is not null) to.WriteLine($"        ODR default gateway: {cdp.OdrGateway}");
        if (cdp.OdrPrefixes.Count > 0) to.WriteLine($"        ODR prefixes: {string.Join(", ", cdp.OdrPrefixes)}");
        to.WriteLine($"        TLVs: {string.Join(", ", cdp.Tlvs.Select(static type => type.ToString("X4", CultureInfo.InvariantCulture)))}");
        Write(cdp.Reproduced, to);
    }

    private static void Write(DissectedRip rip, TextWriter to)
    {
        if (rip.Authentication is { } authentication) to.WriteLine($"        authentication: {authentication}");
        foreach (string route in rip.Routes) to.WriteLine($"        {route}");
        Write(rip.Reproduced, to);
    }

    private static void Write(DissectedReproduction reproduced, TextWriter to)
    {
        string at = reproduced.FirstDifference is { } offset ? $" at byte {offset}" : "";
        to.WriteLine(reproduced.Exactly ? "        re-encoded: byte for byte" : $"        re-encoded: DIFFERS{at}: {reproduced.Difference}");
    }

    private static string Line(DissectSummary summary)
    {
        string line = $"{summary.Frames} frames: {summary.Nhrp} NHRP, {summary.Cdp} CDP, {summary.Reproduced} reproduced, "
            + $"{summary.NotReproduced} not reproduced, {summary.Malformed} malformed";
        if (summary.Malformed > 0) line += $" ({string.Join(", ", summary.MalformedReasons.Select(static reason => $"{reason.Key} {reason.Value}"))})";
        if (summary.Rip > 0) line += $", {summary.Rip} RIP";
        if (summary.Ike + summary.Esp > 0) line += $", {summary.Ike} IKEv2, {summary.Esp} ESP";
        if (summary.Decrypted + summary.WrongKey > 0) line += $", {summary.Decrypted} decrypted";
        if (summary.WrongKey > 0) line += $", {summary.WrongKey} by no key";
        if (summary.NotIp > 0) line += $", {summary.NotIp} not IP";
        if (summary.CutOff > 0) line += $", {summary.CutOff} cut off by the capture";
        if (summary.FileFailure is { } why) line += $"; the file ends early: {why}";
        return line;
    }
}
