using Dmvpn.Core;

namespace Dmvpn.Odr;

/// <summary>
/// One <c>distribute-list … in</c> with the lists that it names. All that apply to a tunnel must permit a route.
/// </summary>
public sealed record OdrFilter
{
    /// <summary>The line as it is printed.</summary>
    public string Text { get; init; } = "";

    /// <summary>Only for routes learnt by this tunnel (<c>distribute-list … in TunnelN</c>); null: by all.</summary>
    public TunnelId? Tunnel { get; init; }

    /// <summary>The lines that judge a prefix, and its sender where a line names one; null: all pass.</summary>
    public ValueList<OdrFilterRule>? Prefixes { get; init; }

    /// <summary>The lines of <c>gateway NAME</c>, that judge the sender's tunnel address; null: all pass.</summary>
    public ValueList<OdrFilterRule>? Gateways { get; init; }

    /// <summary>Does the filter let a route pass?</summary>
    public bool Permits(IpPrefix prefix, IpAddress sender) =>
        (Prefixes is null || Decide(Prefixes, prefix, sender)) && (Gateways is null || Decide(Gateways, IpPrefix.Host(sender), sender));

    /// <summary>The first line that matches decides; without one the route is refused.</summary>
    private static bool Decide(ValueList<OdrFilterRule> rules, IpPrefix prefix, IpAddress sender)
    {
        foreach (OdrFilterRule rule in rules.AsSpan())
        {
            if (rule.Matches(prefix, sender)) return rule.Permit;
        }
        return false;
    }
}

/// <summary>
/// One line of a list. A standard access list matches the route's network address; an extended one also the sender's (its
/// source is the sender, its destination the network); a prefix list the network and the length.
/// </summary>
/// <param name="Permit">Accept or refuse.</param>
/// <param name="Network">Which network addresses match.</param>
/// <param name="Sender">Which senders match.</param>
/// <param name="MinimumLength">Shortest length that matches.</param>
/// <param name="MaximumLength">Longest length that matches.</param>
public sealed record OdrFilterRule(bool Permit, AddressPattern Network, AddressPattern Sender, int MinimumLength = 0, int MaximumLength = 32)
{
    /// <summary>A line of a prefix list: prefixes inside of <paramref name="within"/> with these lengths.</summary>
    public static OdrFilterRule Within(bool permit, IpPrefix within, int minimumLength = 0, int maximumLength = 32) =>
        new(permit, AddressPattern.Of(within), AddressPattern.Any, Math.Max(minimumLength, within.Length), maximumLength);

    internal bool Matches(IpPrefix prefix, IpAddress sender) =>
        Network.Matches(prefix.Address) && Sender.Matches(sender) && prefix.Length >= MinimumLength && prefix.Length <= MaximumLength;
}

/// <summary>Address and wildcard of an access list's line: which IPv4 addresses match.</summary>
/// <param name="Address">The address.</param>
/// <param name="Wildcard">Its bits that are 1 do not matter; they need not be contiguous.</param>
public readonly record struct AddressPattern(uint Address, uint Wildcard)
{
    /// <summary>Every address.</summary>
    public static readonly AddressPattern Any = new(0, uint.MaxValue);

    /// <summary>All addresses of a prefix.</summary>
    public static AddressPattern Of(IpPrefix prefix) => new(prefix.Address.ToUInt32(), prefix.Length == 0 ? uint.MaxValue : ~(uint.MaxValue << (32 - prefix.Length)));

    /// <summary>True when the address matches.</summary>
    public bool Matches(IpAddress address) => address.IsIPv4 && ((address.ToUInt32() ^ Address) & ~Wildcard) == 0;
}
