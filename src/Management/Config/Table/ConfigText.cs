using System.Globalization;
using Dmvpn.Core;

namespace Dmvpn.Management.Config;

/// <summary>How values are printed in IOS's syntax.</summary>
internal static class ConfigText
{
    /// <summary>Whole seconds.</summary>
    public static string Seconds(TimeSpan time) => ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>255.255.255.0 for 24.</summary>
    public static string Mask(int length) => IpAddress.FromIPv4(length == 0 ? 0 : uint.MaxValue << (32 - length)).ToString();

    /// <summary>The severity as IOS spells it.</summary>
    public static string Severity(Severity severity) => SeverityNames[(int)severity];

    /// <summary>IOS's names, by number.</summary>
    public static readonly string[] SeverityNames =
        ["emergencies", "alerts", "critical", "errors", "warnings", "notifications", "informational", "debugging"];
}
