using System.Globalization;
using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary>How IOS writes what several screens of <c>show crypto</c> show.</summary>
internal static class CryptoFormat
{
    /// <summary>"UP-ACTIVE".</summary>
    public static string Text(this CryptoSessionStatus status) => status switch
    {
        CryptoSessionStatus.UpActive => "UP-ACTIVE",
        CryptoSessionStatus.UpIdle => "UP-IDLE",
        CryptoSessionStatus.UpNoIke => "UP-NO-IKE",
        CryptoSessionStatus.DownNegotiating => "DOWN-NEGOTIATING",
        _ => "DOWN",
    };

    /// <summary>"READY".</summary>
    public static string Text(this CryptoIkeStatus status) => status switch
    {
        CryptoIkeStatus.Ready => "READY",
        CryptoIkeStatus.Negotiating => "IN-NEG",
        _ => "DELETE",
    };

    /// <summary>An identity without blanks: parsers that users run take a word.</summary>
    public static string Identity(string? identity) => identity?.Replace(", ", ",") ?? "(none)";

    /// <summary>"(none)" for the daemon's own network namespace.</summary>
    public static string Vrf(string vrf) => vrf.Length == 0 ? "(none)" : vrf;

    /// <summary>Of a flow: "host 192.0.2.1", "192.0.2.0/255.255.255.0", "2001:DB8::/32".</summary>
    public static string Flow(CryptoSelector selector)
    {
        if (selector.Start == selector.End) return $"host {selector.Start.Text()}";
        return PrefixLength(selector) is { } length ? $"{selector.Start.Text()}/{Mask(selector.Start, length)}" : $"{selector.Start.Text()}-{selector.End.Text()}";
    }

    /// <summary>Of a proxy identity: "(192.0.2.1/255.255.255.255/47/0)".</summary>
    public static string Ident(CryptoSelector selector)
    {
        int length = PrefixLength(selector) ?? (selector.Start.IsIPv4 ? 32 : 128);
        bool anyPort = selector is { StartPort: 0, EndPort: 65535 };
        return $"({selector.Start.Text()}/{Mask(selector.Start, length)}/{selector.Protocol}/{(anyPort ? 0 : selector.StartPort)})";
    }

    /// <summary>Of a child SA: "192.0.2.1/0 - 192.0.2.1/65535".</summary>
    public static string Range(CryptoSelector selector) => $"{selector.Start.Text()}/{selector.StartPort} - {selector.End.Text()}/{selector.EndPort}";

    /// <summary>"09:17:52 UTC Jun 22 2022".</summary>
    public static string Date(DateTimeOffset date) => date.UtcDateTime.ToString("HH:mm:ss 'UTC' MMM d yyyy", CultureInfo.InvariantCulture);

    /// <summary>What stands above everything while a file tells all keys.</summary>
    public static string KeyLogWarning(string file) => $"*** ALL KEYS ARE WRITTEN TO {file} (run --keylog): whoever has that file reads all traffic ***";

    private static string Mask(IpAddress address, int length) =>
        address.IsIPv4 ? IpAddress.FromIPv4(length == 0 ? 0 : uint.MaxValue << (32 - length)).ToString() : length.ToString();

    /// <summary>The length of the prefix that a range is; null when it is none.</summary>
    private static int? PrefixLength(CryptoSelector selector)
    {
        UInt128 start = Value(selector.Start), differ = start ^ Value(selector.End);
        int bits = selector.Start.IsIPv4 ? 32 : 128;
        return (differ & differ + 1) == 0 && (start & differ) == 0 ? bits - (int)UInt128.PopCount(differ) : null;
    }

    private static UInt128 Value(IpAddress address)
    {
        UInt128 value = 0;
        foreach (byte octet in address.ToBytes()) value = value << 8 | octet;
        return value;
    }
}
