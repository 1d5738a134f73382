using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Rip;

namespace Dmvpn.Cli.Dissect;

/// <summary>Decodes a RIP or RIPng message, encodes what was decoded, and compares.</summary>
internal static class RipDissector
{
    public static bool TryDissect(ReadOnlySpan<byte> bytes, bool showSecrets, [NotNullWhen(true)] out DissectedRip? rip, out Malformed why)
    {
        rip = null;
        if (!RipView.TryParse(bytes, out RipView view, out why)) return false;
        var routes = new List<string>(view.Count);
        for (int i = 0; i < view.Count; i++) routes.Add(Text(view[i], view.Version));
        rip = new DissectedRip($"RIPv{view.Version}", Name(view.Command), routes, Comparison.Of(bytes, view.ToPacket().ToBytes()))
        {
            Authentication = view.HasAuthentication ? Text(view.Authentication, showSecrets) : null,
        };
        return true;
    }

    public static bool TryDissectNg(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DissectedRip? rip, out Malformed why)
    {
        rip = null;
        if (!RipngView.TryParse(bytes, out RipngView view, out why)) return false;
        var routes = new List<string>(view.Count);
        for (int i = 0; i < view.Count; i++) routes.Add(Text(view[i]));
        rip = new DissectedRip("RIPng", Name(view.Command), routes, Comparison.Of(bytes, view.ToPacket().ToBytes()));
        return true;
    }

    private static string Name(RipCommand command) => command == RipCommand.Request ? "request" : "response";

    private static string Text(RipEntry entry, byte version)
    {
        if (entry == RipEntry.WholeTable) return "the whole table";
        IpAddress address = IpAddress.FromIPv4(entry.Address);
        string destination = version == 1 ? address.ToString()
            : entry.TryGetPrefix(out IpPrefix prefix) ? prefix.ToString()
            : $"{address} mask {IpAddress.FromIPv4(entry.Mask)}";
        string family = entry.Family == RipSpec.Ipv4Family ? "" : string.Create(CultureInfo.InvariantCulture, $"family {entry.Family}, ");
        string nextHop = entry.NextHop == 0 ? "" : $", next hop {IpAddress.FromIPv4(entry.NextHop)}";
        string tag = entry.Tag == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", tag {entry.Tag}");
        return string.Create(CultureInfo.InvariantCulture, $"{family}{destination}, metric {entry.Metric}{nextHop}{tag}");
    }

    private static string Text(RipngEntry entry)
    {
        if (entry == RipngEntry.WholeTable) return "the whole table";
        if (entry.IsNextHop) return $"next hop {(entry.Address.IsNone ? "the sender" : entry.Address.ToString())}";
        string tag = entry.Tag == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", tag {entry.Tag}");
        return string.Create(CultureInfo.InvariantCulture, $"{entry.Address}/{entry.PrefixLength}, metric {entry.Metric}{tag}");
    }

    private static string Text(RipAuthentication authentication, bool showSecrets) => authentication.Type switch
    {
        RipSpec.PasswordAuthentication => $"password {(showSecrets ? Password(authentication) : "***")}",
        RipSpec.DigestAuthentication => string.Create(
            CultureInfo.InvariantCulture, $"digest of {authentication.Digest.Length} bytes, key {authentication.KeyId}, sequence {authentication.Sequence}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"type {authentication.Type}"),
    };

    private static string Password(RipAuthentication authentication) =>
        PrintableText.Escape(Encoding.Latin1.GetString(authentication.Data.AsSpan()).TrimEnd('\0'));
}
