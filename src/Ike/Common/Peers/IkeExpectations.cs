using System.Runtime.InteropServices;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Who is expected at an address that somebody wants: the one place that decides whether an authenticated peer is the one that a
/// target was called for. A member with good keys is not by that the next hop server, whatever address it comes from.
/// <list type="number">
/// <item>The first identity that answers a call of ours at an address is the one that is expected there from then on.</item>
/// <item>At a configured address (next hop server, <c>map</c>, <c>tunnel destination</c>) only such a call says who is expected:
/// who comes from there by itself may be another station behind the same NAT. The expectation stays while it is configured.</item>
/// <item>At any other address a peer that came by itself will do until a call tells. The expectation ends with the target.</item>
/// <item>An operator who clears the sessions with an address lets another identity answer there.</item>
/// </list>
/// </summary>
internal sealed class IkeExpectations
{
    private readonly Dictionary<(ProtectionId Protection, IpAddress Address), Expectation> _expected = [];

    /// <summary>The configuration names the address, or does not any more. Counted: several tunnels of a source may name it.</summary>
    public void Configure(IkeProtection protection, IpAddress address, bool configured, bool isTarget)
    {
        Expectation expected = Of(protection, address);
        expected.Configured = Math.Max(0, expected.Configured + (configured ? 1 : -1));
        if (!expected.IsConfigured && !isTarget) _expected.Remove((protection.Id, address));
    }

    /// <summary>
    /// May this peer, which has proved its identity, be who a call of ours to the address has reached? Null when it may, otherwise
    /// the reason for an operator. What else a target may ask of an identity (a role in the certificate) belongs here.
    /// </summary>
    public string? Refusal(IkeProtection protection, IpAddress address, PeerIdentity identity)
    {
        if (!_expected.TryGetValue((protection.Id, address), out Expectation? expected) || expected.Identity is not { } who || expected.IsMetBy(identity.Id.Normalized(), identity.KeyEntry)) return null;
        return $"{address} was {who}{WordsFor(expected.Role)} before, and now another identity, or another key, answers there: {identity.Id}{WordsFor(identity.Rights.Role)}; if that is right, 'clear crypto session remote {address}' lets it";
    }

    /// <summary>A call of ours to the address has reached this identity.</summary>
    public void OnReached(IkePeer peer, IpAddress address)
    {
        Expectation expected = Of(peer.Protection, address);
        (expected.Identity, expected.KeyEntry, expected.Role) = (peer.Id, peer.KeyEntry, peer.Identity.Rights.Role);
    }

    /// <summary>Another configuration: the entries of keyrings may have other names, under which the same keys stand.</summary>
    public void OnConfigured()
    {
        foreach (Expectation expected in _expected.Values) expected.KeyEntry = null;
    }

    /// <summary>Is this peer the one that is expected at the address?</summary>
    public bool IsMetBy(IkeProtection protection, IpAddress address, IkePeer peer)
    {
        if (!_expected.TryGetValue((protection.Id, address), out Expectation? expected)) return true;
        return expected.Identity is null ? !expected.IsConfigured : expected.IsMetBy(peer.Id, peer.KeyEntry);
    }

    /// <summary>True when the address belongs to somebody else: it is configured, or another peer was reached there.</summary>
    public bool IsOfOther(IkeProtection protection, IpAddress address, IkePeer peer) =>
        _expected.TryGetValue((protection.Id, address), out Expectation? expected) && !expected.IsMetBy(peer.Id, peer.KeyEntry);

    /// <summary>The address is not wanted any more.</summary>
    public void OnUnwanted(IkeProtection protection, IpAddress address)
    {
        if (_expected.TryGetValue((protection.Id, address), out Expectation? expected) && !expected.IsConfigured) _expected.Remove((protection.Id, address));
    }

    /// <summary>An operator lets whoever answers be at the address; None: at all.</summary>
    public void Clear(IpAddress address)
    {
        foreach (((ProtectionId, IpAddress Address) key, Expectation expected) in _expected)
        {
            if (address.IsNone || key.Address == address) expected.Identity = null;
        }
    }

    /// <summary>The source is gone.</summary>
    public void Remove(ProtectionId protection)
    {
        foreach ((ProtectionId Protection, IpAddress) key in new List<(ProtectionId, IpAddress)>(_expected.Keys))
        {
            if (key.Protection == protection) _expected.Remove(key);
        }
    }

    private static string WordsFor(SiteRole role) => role switch
    {
        SiteRole.Hub => " (a hub by its certificate)",
        SiteRole.Spoke => " (a spoke by its certificate)",
        _ => "",
    };

    private Expectation Of(IkeProtection protection, IpAddress address)
    {
        ref Expectation? expected = ref CollectionsMarshal.GetValueRefOrAddDefault(_expected, (protection.Id, address), out _);
        return expected ??= new Expectation();
    }

    private sealed class Expectation
    {
        /// <summary>How often the configuration names the address.</summary>
        public int Configured { get; set; }

        public bool IsConfigured => Configured > 0;

        /// <summary>Who was reached there; null before.</summary>
        public IkeIdentity? Identity { get; set; }

        /// <summary>With which entry of a keyring it proved itself; null when that may have another name by now.</summary>
        public string? KeyEntry { get; set; }

        /// <summary>The role in the certificate that it showed then.</summary>
        public SiteRole Role { get; set; }

        public bool IsMetBy(IkeIdentity identity, string keyEntry) => Identity is { } who && who.Equals(identity) && (KeyEntry ?? keyEntry) == keyEntry;
    }
}
