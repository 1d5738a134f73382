using Dmvpn.Core;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Ike;

/// <summary>Where a child SA is made, as far as its traffic selectors depend on it.</summary>
/// <param name="Local">Our address of the IKE SA.</param>
/// <param name="Remote">The peer's address as we see it.</param>
/// <param name="Nat">Who is behind a NAT.</param>
/// <param name="Transport">Transport mode was agreed on; otherwise tunnel mode.</param>
internal readonly record struct SelectorSituation(IpAddress Local, IpAddress Remote, NatSituation Nat, bool Transport);

/// <summary>The selectors of a child SA: one for each end, one address each, GRE.</summary>
/// <param name="Local">Ours.</param>
/// <param name="Remote">The peer's.</param>
internal readonly record struct SelectorPair(TrafficSelector Local, TrafficSelector Remote);

/// <summary>
/// Traffic selectors for GRE between the two ends (RFC 7296 2.9), the only traffic that a protected tunnel has. Peers ask for it in many ways: protocol 47 or any protocol, one host or
/// everything, all ports, OPAQUE, or Linux's GRE key as a port. All that it can be narrowed from is taken; behind NAT addresses are read as 2.23.1 says.
/// </summary>
internal static class TrafficSelectorChoice
{
    /// <summary>More selectors of a peer are counted, not listed.</summary>
    private const int Listed = 4;

    /// <summary>What an initiator offers, in transport as in tunnel mode: host to host.</summary>
    public static SelectorPair Offer(IpAddress local, IpAddress remote) => new(TrafficSelector.Gre(local), TrafficSelector.Gre(remote));

    /// <summary>Narrows what the initiator of an exchange asks for. False with the reason in words: TS_UNACCEPTABLE.</summary>
    /// <param name="local">TSr of the request.</param>
    /// <param name="remote">TSi of the request.</param>
    /// <param name="situation">Where.</param>
    /// <param name="pair">What goes into the response, and what is installed.</param>
    /// <param name="problem">What an operator has to know.</param>
    public static bool TryNarrow(
        ValueList<TrafficSelector> local, ValueList<TrafficSelector> remote, in SelectorSituation situation, out SelectorPair pair, out string problem)
    {
        problem = "";
        bool isLocal = TryPick(local, situation.Local, situation.Nat.Local, situation.Transport, out TrafficSelector ours);
        bool isRemote = TryPick(remote, situation.Remote, situation.Nat.Peer, situation.Transport, out TrafficSelector theirs);
        pair = new SelectorPair(ours, theirs);
        if (isLocal && isRemote) return true;
        problem = $"the peer asks for {Describe(remote)} to {Describe(local)}; the tunnel is GRE (protocol 47) from {situation.Remote} to {situation.Local}"
            + $"{(situation.Transport ? " in transport mode" : " in tunnel mode")}: its {(isLocal ? "source" : isRemote ? "destination" : "source and destination")} "
            + $"{(isLocal || isRemote ? "does" : "do")} not allow that; change the traffic selectors of the peer";
        return false;
    }

    /// <summary>
    /// Checks what a responder narrowed our offer to: it has to be a part of it, and still GRE between the two. In transport mode behind a NAT the responder's addresses are its own view; they
    /// are replaced by ours before anything else is done (2.23.1).
    /// </summary>
    /// <param name="offer">What was sent.</param>
    /// <param name="local">TSi of the response.</param>
    /// <param name="remote">TSr of the response.</param>
    /// <param name="situation">Where.</param>
    /// <param name="pair">What is installed.</param>
    /// <param name="problem">What an operator has to know.</param>
    public static bool TryAccept(
        SelectorPair offer, ValueList<TrafficSelector> local, ValueList<TrafficSelector> remote, in SelectorSituation situation, out SelectorPair pair, out string problem)
    {
        problem = "";
        bool replaceLocal = situation.Transport && situation.Nat.Local, replaceRemote = situation.Transport && situation.Nat.Peer;
        bool good = TryPick(local, offer.Local.Start, replaceLocal, situation.Transport, out TrafficSelector ours) & TryPick(remote, offer.Remote.Start, replaceRemote, situation.Transport, out TrafficSelector theirs)
            && IsWithin(local, offer.Local, replaceLocal) && IsWithin(remote, offer.Remote, replaceRemote);
        pair = new SelectorPair(ours, theirs);
        if (!good) problem = $"the peer answered with {Describe(local)} to {Describe(remote)}, which is no part of what it was offered, {Text(offer.Local)} to {Text(offer.Remote)}";
        return good;
    }

    /// <summary>
    /// The widest selector for GRE of <paramref name="host"/> that is within the list: all ports rather than OPAQUE, that rather than some ports. A single address of an end behind a NAT stands for
    /// the host in transport mode, and in tunnel mode for itself: it is in the inner header.
    /// </summary>
    private static bool TryPick(ValueList<TrafficSelector> selectors, IpAddress host, bool behindNat, bool transport, out TrafficSelector picked)
    {
        picked = default;
        int best = 0;
        foreach (TrafficSelector selector in selectors)
        {
            if (selector.Protocol is not (0 or (byte)IpProtocol.Gre) || selector.Start.IsIPv4 != host.IsIPv4) continue;
            bool holds = selector.Start.CompareTo(host) <= 0 && selector.End.CompareTo(host) >= 0;
            bool single = selector.Start == selector.End && !selector.Start.IsUnspecified && !selector.Start.IsMulticast;
            if (!holds && !(behindNat && single)) continue;
            bool first = behindNat && !transport ? single : holds;
            int rank = (first ? 3 : 0) + (selector is { StartPort: 0, EndPort: 65535 } ? 3 : IsOpaque(selector) ? 2 : selector.StartPort <= selector.EndPort ? 1 : -9);
            if (rank <= best) continue;
            best = rank;
            IpAddress address = transport || !(behindNat && single) ? host : selector.Start;
            picked = selector with { Protocol = (byte)IpProtocol.Gre, Start = address, End = address };
        }
        return best > 0;
    }

    private static bool IsOpaque(TrafficSelector selector) => selector is { StartPort: 65535, EndPort: 0 };

    private static bool IsWithin(ValueList<TrafficSelector> answered, TrafficSelector offered, bool replaced)
    {
        foreach (TrafficSelector selector in answered)
        {
            TrafficSelector seen = replaced && selector.Start == selector.End ? selector with { Start = offered.Start, End = offered.End } : selector;
            if (!offered.Contains(seen)) return false;
        }
        return true;
    }

    private static string Describe(ValueList<TrafficSelector> selectors)
    {
        if (selectors.Count == 0) return "nothing";
        string text = string.Join(" and ", selectors.Take(Listed).Select(Text));
        return selectors.Count > Listed ? $"{text} and {selectors.Count - Listed} more" : text;
    }

    private static string Text(TrafficSelector selector)
    {
        string addresses = selector.Start == selector.End ? selector.Start.ToString() : $"{selector.Start}-{selector.End}";
        string protocol = selector.Protocol switch { 0 => "any protocol", (byte)IpProtocol.Gre => "GRE", byte other => $"protocol {other}" };
        string ports = selector is { StartPort: 0, EndPort: 65535 } ? "" : IsOpaque(selector) ? " port opaque" : $" port {selector.StartPort}-{selector.EndPort}";
        return $"{addresses} ({protocol}{ports})";
    }
}
