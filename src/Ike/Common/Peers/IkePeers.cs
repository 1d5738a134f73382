using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Associations, and who depends on them. A peer is up while packets can be sent to it; it is connected to while it is wanted; it is forgotten when it has neither SA nor
/// anybody who wants it.
/// </summary>
internal sealed partial class IkePeers(IkeCore core)
{
    private readonly Dictionary<(ProtectionId Protection, IkeIdentity Id), IkePeer> _byIdentity = [];
    private readonly Dictionary<int, IkePeer> _byAssociation = [];
    private readonly Dictionary<(ProtectionId Protection, IpAddress Address), IkePeer> _byAddress = [];
    private readonly Dictionary<(ProtectionId Protection, IpAddress Address), IkeTarget> _targets = [];
    private int _last;

    public IEnumerable<IkePeer> All => _byAssociation.Values;

    public IEnumerable<IkeTarget> Targets => _targets.Values;

    public int Count => _byAssociation.Count;

    public IkePeer? Find(int association) => _byAssociation.GetValueOrDefault(association);

    /// <summary>The peer that is up at an address and is expected there.</summary>
    public IkePeer? FindUp(IkeProtection protection, IpAddress address)
    {
        for (IkePeer? peer = _byAddress.GetValueOrDefault((protection.Id, address)); peer is not null; peer = peer.NextAtAddress)
        {
            if (peer.IsUp && peer.HasLiveChild && core.Expectations.IsMetBy(protection, address, peer)) return peer;
        }
        return null;
    }

    /// <summary>True when somebody wants the address.</summary>
    public bool IsTarget(IkeProtection protection, IpAddress address) => _targets.ContainsKey((protection.Id, address));

    /// <summary>All peers last seen at an address, of any protected source.</summary>
    public IEnumerable<IkePeer> At(IpAddress address)
    {
        foreach (IkeProtection protection in core.Protections.All)
        {
            for (IkePeer? peer = _byAddress.GetValueOrDefault((protection.Id, address)); peer is not null; peer = peer.NextAtAddress) yield return peer;
        }
    }

    /// <summary>The peer is at this address now.</summary>
    public void Place(IkePeer peer, IpAddress address)
    {
        if (peer.Address == address && !address.IsNone && IsPlaced(peer)) return;
        Unplace(peer);
        peer.Address = address;
        (ProtectionId, IpAddress) key = (peer.Protection.Id, address);
        peer.NextAtAddress = _byAddress.GetValueOrDefault(key);
        _byAddress[key] = peer;
    }

    /// <summary>The first child SA is about to be installed, or the peer is somewhere else now: before that the shell hears of the peer.</summary>
    public void Announce(IkePeer peer, IpAddress address, Instant now, Outbox<IkeEffect> outbox)
    {
        bool known = peer.IsUp && peer.Address == address;
        Place(peer, address);
        if (known) return;
        if (!peer.IsUp) peer.UpSince = now;
        peer.IsUp = true;
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.PeerUp, Protection = peer.Protection.Id, Peer = peer.Nbma, Identity = peer.Identity });
        if (core.PeerLines.TryTake(now, peer.Address)) core.Logger.PeerUp(peer.Nbma, peer.Id, peer.Identity.Method);
        if (_targets.TryGetValue((peer.Protection.Id, address), out IkeTarget? target)) OnReached(target, peer, now, outbox);
        if (peer.Target is { } through && through != target) Bind(through, outbox);
    }

    /// <summary>A child SA or IKE SA of the peer is gone: is it down? Is it to be reached again? Is there any reason left to know it?</summary>
    public void Reconsider(IkePeer peer, IkeDownReason reason, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!peer.HasLiveChild && peer.ChildExchanges > 0) return;
        if (!peer.HasLiveChild && IsWanted(peer) && peer.Current is { } sa && reason is not (IkeDownReason.Cleared or IkeDownReason.Unconfigured))
        {
            // The IKE SA lives: a new child SA is cheap, and nobody need know.
            core.Children.Start(sa, null, now, outbox);
            if (peer.ChildExchanges > 0) return;
        }
        CloseRedundant(peer, now, outbox);
        if (peer.IsUp && !peer.HasLiveChild) Down(peer, reason, now, outbox);
        else if (!peer.IsUp && peer.Sas.Count == 0 && IsWanted(peer)) Reconnect(peer, now);
        LetGo(peer, now);
    }

    /// <summary>True when somebody depends on the peer, by its association or by the address that it was reached at.</summary>
    public bool IsWanted(IkePeer peer)
    {
        if (peer.Wants > 0) return true;
        return _targets.TryGetValue((peer.Protection.Id, peer.Address), out IkeTarget? target) && target.Wants > 0 && (target.Peer == peer || target.Bound == peer.Association)
            || peer.Target is { Wants: > 0 };
    }

    /// <summary>An IKE SA that carries nothing, while another one does, is closed by the end that made it.</summary>
    private static void CloseRedundant(IkePeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        if (peer.Sas.Count < 2) return;
        foreach (IkeSa sa in peer.Sas.ToArray())
        {
            if (sa is { IsRedundant: true, IsInitiator: true, ChildExchanges: 0 }) sa.Close(IkeDownReason.Unused, now, outbox);
        }
    }

    private void Down(IkePeer peer, IkeDownReason reason, Instant now, Outbox<IkeEffect> outbox)
    {
        bool wanted = IsWanted(peer);
        peer.IsUp = false;
        peer.Sending = null;
        peer.PathMtu = null;
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.PeerDown, Protection = peer.Protection.Id, Peer = peer.Nbma, Reason = reason });
        if (core.PeerLines.TryTake(now, peer.Address)) core.Logger.PeerDown(peer.Nbma, peer.Id, reason);
        Unbind(peer, now, outbox);
        if (wanted) Reconnect(peer, now);
    }

    /// <summary>
    /// Is there any reason left to know the peer? One whose association was interrupted is known for a while, for the sake of its ticket: who depended on it lets go of the association
    /// and at once wants its address.
    /// </summary>
    private void LetGo(IkePeer peer, Instant now)
    {
        if (peer.Sas.Count > 0 || peer.Children.Count > 0 || IsWanted(peer)) return;
        if (peer.Ticket is null) Forget(peer);
        else core.Timers.Set(peer, now + IkeLimits.UnusedTime);
    }

    /// <summary>Who was last at an address, and would be again by its ticket.</summary>
    private IkePeer? FindInterrupted(IkeProtection protection, IpAddress address)
    {
        for (IkePeer? peer = _byAddress.GetValueOrDefault((protection.Id, address)); peer is not null; peer = peer.NextAtAddress)
        {
            if (peer is { Ticket: not null, Target: null, Sas.Count: 0 } && core.Expectations.IsMetBy(protection, address, peer)) return peer;
        }
        return null;
    }

    /// <summary>The end of one release may have come to the same end by another way: forgotten once is enough.</summary>
    private void Forget(IkePeer peer)
    {
        if (!_byAssociation.Remove(peer.Association)) return;
        core.Timers.Set(peer, Instant.Never);
        Unplace(peer);
        peer.Ticket?.Dispose();
        peer.Ticket = null;
        RemoveFromIdentity(peer);
        if (peer.Target is { } target) target.Peer = null;
    }

    private bool IsPlaced(IkePeer peer)
    {
        for (IkePeer? other = _byAddress.GetValueOrDefault((peer.Protection.Id, peer.Address)); other is not null; other = other.NextAtAddress)
        {
            if (other == peer) return true;
        }
        return false;
    }

    private void Unplace(IkePeer peer)
    {
        (ProtectionId, IpAddress) key = (peer.Protection.Id, peer.Address);
        if (!_byAddress.TryGetValue(key, out IkePeer? first)) return;
        if (first == peer)
        {
            if (peer.NextAtAddress is { } next) _byAddress[key] = next;
            else _byAddress.Remove(key);
        }
        else
        {
            for (IkePeer before = first; before.NextAtAddress is { } next; before = next)
            {
                if (next != peer) continue;
                before.NextAtAddress = peer.NextAtAddress;
                break;
            }
        }
        peer.NextAtAddress = null;
    }
}
