using System.Text.Json.Serialization;
using Dmvpn.Core;
using Dmvpn.Management.Config;

namespace Dmvpn.Management.Api;

/// <summary><c>clear {ip|ipv6} nhrp [ADDRESS|shortcut|counters] [interface TunnelN]</c>. Static entries stay.</summary>
public sealed record ClearNhrpRequest
{
    /// <summary>The family.</summary>
    public AddressFamily Family { get; init; }

    /// <summary>What is cleared.</summary>
    public ClearNhrpScope Scope { get; init; }

    /// <summary>Only entries whose target covers this address.</summary>
    public IpAddress? Address { get; init; }

    /// <summary>Only this tunnel.</summary>
    public TunnelId? Tunnel { get; init; }
}

/// <summary>What <c>clear ip nhrp</c> clears.</summary>
public enum ClearNhrpScope
{
    /// <summary>Dynamic and incomplete entries.</summary>
    Dynamic,

    /// <summary>Shortcuts only.</summary>
    Shortcut,

    /// <summary>Message counters.</summary>
    Counters,
}

/// <summary><c>clear dmvpn session [peer {nbma|tunnel} ADDRESS] [interface TunnelN] [static]</c>.</summary>
public sealed record ClearDmvpnSessionRequest
{
    /// <summary>Only the peer with this NBMA address.</summary>
    public IpAddress? Nbma { get; init; }

    /// <summary>Only the peer with this tunnel address.</summary>
    public IpAddress? Address { get; init; }

    /// <summary>Only this tunnel.</summary>
    public TunnelId? Tunnel { get; init; }

    /// <summary>Sessions of static entries too: they start again.</summary>
    public bool Static { get; init; }
}

/// <summary><c>clear counters [NAME]</c>.</summary>
public sealed record ClearCountersRequest
{
    /// <summary>The interface; all of them and the drop counters when null.</summary>
    public string? Interface { get; init; }
}

/// <summary>
/// <c>clear crypto session</c>, <c>clear crypto sa</c>, <c>clear crypto ikev2 {sa|stats}</c>. What is cleared and still needed is made again at once; with <see cref="Peer"/> nothing else
/// is touched.
/// </summary>
public sealed record ClearCryptoRequest
{
    /// <summary>What is cleared.</summary>
    public ClearCryptoScope Scope { get; init; }

    /// <summary>Only SAs with the peers at this address.</summary>
    public IpAddress? Peer { get; init; }

    /// <summary>Only SAs whose local end is this address.</summary>
    public IpAddress? Local { get; init; }

    /// <summary>Of ESP SAs only the one with this SPI, of either direction.</summary>
    public uint? Spi { get; init; }
}

/// <summary>What <c>clear crypto</c> clears.</summary>
public enum ClearCryptoScope
{
    /// <summary>IKE SAs with their ESP SAs.</summary>
    Session,

    /// <summary>ESP SAs: the IKE SA stays and replaces them.</summary>
    Ipsec,

    /// <summary>Counters, times, remembered failures.</summary>
    Statistics,
}

/// <summary>What a command did.</summary>
public sealed record CommandResult
{
    /// <summary>How many entries, sessions or counters it touched.</summary>
    public int Count { get; init; }

    /// <summary>One line for the user, "" for none (IOS says nothing when all went well).</summary>
    public string Message { get; init; } = "";
}

/// <summary>A configuration to be checked against the running one.</summary>
/// <param name="FileName">Name for messages.</param>
/// <param name="Text">The configuration.</param>
public sealed record CheckRequest(string FileName, string Text)
{
    /// <summary>The file's text; empty when the request has none.</summary>
    [JsonConverter(typeof(FileTextConverter))]
    public string Text { get; init; } = Text ?? "";
}

/// <summary>What a reload did or would do.</summary>
public sealed record ReloadResult
{
    /// <summary>False when the file was refused: nothing was changed then.</summary>
    public bool Accepted { get; init; }

    /// <summary>What changed, one line each; empty when nothing did.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>Errors, warnings and notes of the file.</summary>
    public IReadOnlyList<ConfigMessage> Messages { get; init; } = [];

    /// <summary>What would be lost, one line each: a reload does it only with <see cref="ReloadRequest.Force"/>.</summary>
    public IReadOnlyList<string> NeedsForce { get; init; } = [];

    /// <summary>What was understood, also of a file that is refused.</summary>
    public UnderstoodConfig Understood { get; init; } = new();

    /// <summary>The lines without effect, in the order of the file; secrets are masked.</summary>
    public IReadOnlyList<PassedOverLine> PassedOver { get; init; } = [];
}

/// <summary><c>dmvpn reload [--force]</c>.</summary>
public sealed record ReloadRequest
{
    /// <summary>True: also when the last tunnel or the protection of one goes.</summary>
    public bool Force { get; init; }
}

/// <summary>One remark about a configuration file.</summary>
public sealed record ConfigMessage
{
    /// <summary>How bad it is.</summary>
    public ConfigMessageKind Kind { get; init; }

    /// <summary>Line, from 1; 0 when it concerns the whole file.</summary>
    public int Line { get; init; }

    /// <summary>Column, from 1; 0 when it concerns the whole line.</summary>
    public int Column { get; init; }

    /// <summary>What is wrong.</summary>
    public required string Text { get; init; }

    /// <summary>What to do about it; null when that is plain.</summary>
    public string? Remedy { get; init; }
}

/// <summary>How bad a remark is.</summary>
public enum ConfigMessageKind
{
    /// <summary>Good to know.</summary>
    Note,

    /// <summary>Probably not what was meant.</summary>
    Warning,

    /// <summary>The file is refused.</summary>
    Error,
}

/// <summary>Why a request failed: the body of every status of 400 and above.</summary>
/// <param name="Error">What is wrong, one line.</param>
/// <param name="Remedy">What to do about it; null when that is plain.</param>
public sealed record ApiError(string Error, string? Remedy = null);

/// <summary>One line of <c>debug</c> output. A text of several lines (a packet) is one <see cref="DebugLine"/> with line feeds.</summary>
public sealed record DebugLine
{
    /// <summary>When, wall clock with offset.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>One of <see cref="DebugTopics"/>.</summary>
    public required string Topic { get; init; }

    /// <summary>The tunnel; null when there is none.</summary>
    public TunnelId? Tunnel { get; init; }

    /// <summary>The text as IOS prints it, without time; a decoded packet has several lines. Never a secret.</summary>
    [JsonConverter(typeof(PrintableLinesConverter))]
    public required string Text { get; init; }
}

/// <summary>The topics of <c>debug</c>.</summary>
public static class DebugTopics
{
    /// <summary><c>debug nhrp</c>: what NHRP decides.</summary>
    public const string Nhrp = "nhrp";

    /// <summary><c>debug nhrp packet</c>: every message, decoded.</summary>
    public const string NhrpPacket = "nhrp-packet";

    /// <summary><c>debug nhrp cache</c>: entries added, changed, removed.</summary>
    public const string NhrpCache = "nhrp-cache";

    /// <summary><c>debug nhrp extension</c>.</summary>
    public const string NhrpExtension = "nhrp-extension";

    /// <summary><c>debug nhrp rate</c>: what the rate limits hold back.</summary>
    public const string NhrpRate = "nhrp-rate";

    /// <summary><c>debug nhrp error</c>: messages that were dropped, and why.</summary>
    public const string NhrpError = "nhrp-error";

    /// <summary><c>debug dmvpn</c>: sessions up and down.</summary>
    public const string Dmvpn = "dmvpn";

    /// <summary><c>debug tunnel</c>: sources, line state, keepalives.</summary>
    public const string Tunnel = "tunnel";

    /// <summary><c>debug cdp</c>: packets in and out.</summary>
    public const string Cdp = "cdp";

    /// <summary><c>debug ip routing</c>: routes installed and removed.</summary>
    public const string Routing = "routing";

    /// <summary><c>debug crypto ikev2</c>: peers up and down, negotiations that fail.</summary>
    public const string Ikev2 = "ikev2";

    /// <summary><c>debug crypto ikev2 packet</c>: every message, decoded.</summary>
    public const string Ikev2Packet = "ikev2-packet";

    /// <summary><c>debug crypto ikev2 internal</c>: SAs made, rekeyed, deleted.</summary>
    public const string Ikev2Internal = "ikev2-internal";

    /// <summary><c>debug crypto ikev2 error</c>: messages that were refused, and why.</summary>
    public const string Ikev2Error = "ikev2-error";

    /// <summary><c>debug crypto ipsec</c>: ESP SAs in the data path.</summary>
    public const string Ipsec = "ipsec";

    /// <summary><c>debug crypto pki</c>: certificates and revocation lists.</summary>
    public const string Pki = "pki";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
        [Nhrp, NhrpPacket, NhrpCache, NhrpExtension, NhrpRate, NhrpError, Dmvpn, Tunnel, Cdp, Routing, Ikev2, Ikev2Packet, Ikev2Internal, Ikev2Error, Ipsec, Pki];
}
