using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>Which <c>peer</c> of a keyring has the key for somebody. Keys never leave by an explanation.</summary>
internal static class KeyringChoice
{
    /// <summary>More peers of a keyring are not listed in an explanation.</summary>
    private const int Listed = 4;

    /// <summary>
    /// By identity first, the most exact rule; then by address, the longest prefix, among peers without an identity rule. While the identity is not known yet (an initiator has to prove itself
    /// first) by address among all; failing that a keyring's only peer.
    /// </summary>
    /// <param name="keyring">The profile's.</param>
    /// <param name="identity">Who the other end says it is; null while that is not known.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="local">The key that we prove ourselves with is wanted; otherwise the peer's.</param>
    /// <param name="peer">The peer, which has that key.</param>
    /// <param name="problem">Otherwise: what is missing, for an operator.</param>
    /// <param name="explain">False: nobody will read that.</param>
    public static bool TryFind(
        Ikev2Keyring keyring, IkeIdentity? identity, IpAddress address, bool local, [NotNullWhen(true)] out Ikev2KeyringPeer? peer, out string problem, bool explain = true)
    {
        peer = null;
        problem = "";
        int best = 0;
        foreach (Ikev2KeyringPeer candidate in keyring.Peers)
        {
            if (KeyOf(candidate, local) is null) continue;
            int fit = Fit(candidate, identity, address);
            if (fit <= best) continue;
            (best, peer) = (fit, candidate);
        }
        if (peer is null && identity is null && keyring.Peers.Count == 1 && KeyOf(keyring.Peers[0], local) is not null) peer = keyring.Peers[0];
        if (peer is null && explain) problem = Explain(keyring, identity, address, local);
        return peer is not null;
    }

    /// <summary>The key for one direction.</summary>
    public static PreSharedKey? KeyOf(Ikev2KeyringPeer peer, bool local) => local ? peer.LocalKey : peer.RemoteKey;

    private static int Fit(Ikev2KeyringPeer peer, IkeIdentity? identity, IpAddress address)
    {
        const int byIdentity = 10_000;
        if (peer.Identity is not null && identity is not null)
        {
            int fit = IdentityRules.Fit(peer.Identity, identity);
            // "any" is the last resort, as address 0.0.0.0 0.0.0.0 is.
            return fit <= 1 ? fit : byIdentity + fit;
        }
        return peer.Address is { } prefix && prefix.Contains(address) ? 1 + prefix.Length : 0;
    }

    private static string Explain(Ikev2Keyring keyring, IkeIdentity? identity, IpAddress address, bool local)
    {
        string which = local ? "local" : "remote", who = identity is null ? $"address {address}" : $"identity {IdentityRules.Text(identity)} at {address}";
        string command = identity is null ? $"address {address}" : $"identity {IdentityRules.Text(identity)}";
        string peers = string.Join("; ", keyring.Peers.Take(Listed).Select(peer => Describe(peer, local)));
        if (keyring.Peers.Count > Listed) peers += $"; and {keyring.Peers.Count - Listed} more";
        return $"keyring {keyring.Name} has no {which} pre-shared key for {who}; it has {(peers.Length > 0 ? peers : "no peers")}. "
            + $"Add a peer with '{command}' and 'pre-shared-key {which} …' to 'crypto ikev2 keyring {keyring.Name}'";
    }

    private static string Describe(Ikev2KeyringPeer peer, bool local)
    {
        string rule = peer.Identity is not null ? $"identity {IdentityRules.Text(peer.Identity)}" : peer.Address is { } prefix ? $"address {prefix}" : "neither address nor identity";
        return $"peer {peer.Name} ({rule}{(KeyOf(peer, local) is null ? $", no {(local ? "local" : "remote")} key" : "")})";
    }
}
