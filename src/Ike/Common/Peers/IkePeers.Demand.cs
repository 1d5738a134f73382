using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>Who is wanted, and what is done for it.</summary>
internal sealed partial class IkePeers
{
    public void Want(IkeProtection protection, NbmaPeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        if (peer.Association != 0 && Find(peer.Association) is { } known)
        {
            known.Wants++;
            core.Timers.Set(known, Instant.Never);
            if (!known.IsUp) Revive(known, now, outbox);
            return;
        }
        IkeTarget target = FindOrAddTarget(protection, peer.Address);
        target.Wants++;
        if (target.Peer is null && Satisfying(target) is null && FindInterrupted(protection, peer.Address) is { } interrupted)
        {
            core.Timers.Set(interrupted, Instant.Never);
            (target.Peer, interrupted.Target) = (interrupted, target);
        }
        Bind(target, outbox);
        if (Satisfying(target) is { } satisfying) core.Timers.Set(satisfying, Instant.Never);
        else if (target.Negotiation is null && target.Deadline.IsNever) Connect(target, now, outbox);
    }

    public void Release(IkeProtection protection, NbmaPeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        if (peer.Association != 0 && Find(peer.Association) is { Wants: > 0 } known)
        {
            known.Wants--;
            if (known.Target is { IsWanted: false } through) Give(through, now, outbox);
            StartGrace(known, now);
            return;
        }
        if (!_targets.TryGetValue((protection.Id, peer.Address), out IkeTarget? target) || target.Wants == 0) return;
        target.Wants--;
        if (target.IsWanted) return;
        IkePeer? satisfying = Satisfying(target);
        Give(target, now, outbox);
        if (satisfying is not null) StartGrace(satisfying, now);
    }

    /// <summary>Tries to reach a target, unless it is reached, being reached, or not wanted any more.</summary>
    public void Connect(IkeTarget target, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!target.IsWanted)
        {
            Give(target, now, outbox);
            return;
        }
        if (target.Negotiation is not null || Satisfying(target) is not null) return;
        if (target.Peer is { } peer && peer.Current is { } sa)
        {
            core.Children.Start(sa, null, now, outbox);
            return;
        }
        // Without a local address nothing can be sent; OnProtectionChanged calls again.
        if (target.Protection.Facts.Local.IsNone) return;
        core.Initiator.Start(target, now, outbox);
    }

    /// <summary>A negotiation with a target failed.</summary>
    public void OnFailed(IkeTarget target, string why, Instant now, Outbox<IkeEffect> outbox)
    {
        target.Negotiation = null;
        target.LastFailure = why;
        target.Failures++;
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.PeerFailed, Protection = target.Protection.Id, Peer = new NbmaPeer(target.Address) });
        if (!target.IsWanted) Give(target, now, outbox);
        else if (Satisfying(target) is null) core.Timers.Set(target, now + Pause(target));
    }

    /// <summary>Everything that waits for this source's local address, or for a new configuration.</summary>
    public void ConnectAll(IkeProtection protection, Instant now, Outbox<IkeEffect> outbox)
    {
        foreach (IkeTarget target in new List<IkeTarget>(_targets.Values))
        {
            if (target.Protection != protection) continue;
            target.Failures = 0;
            Connect(target, now, outbox);
        }
    }

    /// <summary>The source is gone: nobody can want anything there.</summary>
    public void RemoveTargets(IkeProtection protection, Instant now, Outbox<IkeEffect> outbox)
    {
        // Those that are wanted by their association alone too: who called them cannot let go of them any more.
        foreach (IkePeer peer in _byAssociation.Values)
        {
            if (peer.Protection == protection) peer.Wants = 0;
        }
        foreach (IkeTarget target in new List<IkeTarget>(_targets.Values))
        {
            if (target.Protection != protection) continue;
            target.Wants = 0;
            Give(target, now, outbox);
        }
    }

    /// <summary>Nobody has wanted the peer for a while. While traffic goes on, somebody does all the same.</summary>
    public void OnUnused(IkePeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        if (IsWanted(peer)) return;
        if (peer.Sas.Count == 0 && peer.Children.Count == 0)
        {
            Forget(peer);
            return;
        }
        Instant used = Instant.Zero;
        foreach (ChildSa child in peer.Children)
        {
            if (child.LastReceived > used) used = child.LastReceived;
            if (child.LastSent > used) used = child.LastSent;
        }
        TimeSpan idle = peer.Protection.IdleTime ?? IkeLimits.UnusedTime;
        if (used + idle > now)
        {
            core.Timers.Set(peer, used + idle);
            return;
        }
        foreach (IkeSa sa in peer.Sas.ToArray()) sa.Close(IkeDownReason.Unused, now, outbox);
    }

    /// <summary>A peer is there: a target at its address needs nothing more, when it is the one that is expected there.</summary>
    private void OnReached(IkeTarget target, IkePeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!core.Expectations.IsMetBy(target.Protection, target.Address, peer)) return;
        core.Timers.Set(target, Instant.Never);
        target.LastFailure = "";
        if (target.Peer is not { IsUp: true })
        {
            IkePeer? replaced = target.Peer;
            target.Peer = peer;
            peer.Target = target;
            if (replaced is not null && replaced != peer && replaced.Target == target)
            {
                replaced.Target = null;
                LetGo(replaced, now);
            }
        }
        Bind(target, outbox);
        // The peer called while we were calling. Once we have sent IKE_AUTH it may have the SA already: then both come up, and one of them goes (IkeDuplicates).
        if (target.Negotiation is not { Handshake: InitiatorHandshake { HasSentAuthentication: false } } calling) return;
        target.Negotiation = null;
        calling.Die(IkeDownReason.Unused, now, outbox);
    }

    /// <summary>A peer that is wanted and not up: a child SA if the IKE SA lives, otherwise a call.</summary>
    private void Revive(IkePeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        if (peer.Current is { } sa) core.Children.Start(sa, null, now, outbox);
        else Reconnect(peer, now);
    }

    private void Reconnect(IkePeer peer, Instant now)
    {
        if (!peer.IsReachable && peer.Target is null) return;
        if (TargetOf(peer) is not { } target || target.Negotiation is not null || !target.Deadline.IsNever) return;
        // An association that does not last is not made again and again without a pause.
        if (now.Since(peer.UpSince) >= IkeLimits.GoodAssociation) target.Failures = 0;
        else target.Failures++;
        TimeSpan pause = target.Failures == 0 ? core.Random.Jitter(IkeLimits.ReconnectPause, 0.5) : Pause(target);
        core.Timers.Set(target, now + pause);
    }

    private TimeSpan Pause(IkeTarget target)
    {
        TimeSpan pause = IkeLimits.FirstReconnect;
        TimeSpan longest = target.IsSilent ? IkeLimits.LongestSilence : IkeLimits.LongestReconnect;
        for (int i = 1; i < target.Failures && pause < longest; i++) pause *= 2;
        return core.Random.Jitter(pause, 0.5);
    }

    /// <summary>
    /// May the peer move to an address, as far as targets and our own addresses go? Nobody becomes by a move whom a target is for.
    /// </summary>
    public bool IsFreeFor(IkePeer peer, IpAddress address)
    {
        foreach (IkeProtection protection in core.Protections.All)
        {
            if (protection.Facts.Local == address) return false;
            if (core.Expectations.IsOfOther(protection, address, peer)) return false;
        }
        return true;
    }

    /// <summary>The peer that makes a call to the target unnecessary.</summary>
    private IkePeer? Satisfying(IkeTarget target) => target.Peer is { IsUp: true, HasLiveChild: true } peer && core.Expectations.IsMetBy(target.Protection, target.Address, peer)
        ? peer : FindUp(target.Protection, target.Address);

    /// <summary>Tells the shell by which association packets to the target's address leave now.</summary>
    private void Bind(IkeTarget target, Outbox<IkeEffect> outbox) => Bind(target, Satisfying(target)?.Association ?? 0, outbox);

    private static void Bind(IkeTarget target, int association, Outbox<IkeEffect> outbox)
    {
        if (association == target.Bound) return;
        target.Bound = association;
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.TargetBound, Protection = target.Protection.Id, Peer = new NbmaPeer(target.Address, association) });
    }

    /// <summary>The peer is down: what was sent by it to a wanted address goes by another peer that is expected there, or waits.</summary>
    private void Unbind(IkePeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        foreach (IkeTarget target in _targets.Values)
        {
            if (target.Bound != peer.Association) continue;
            Bind(target, outbox);
            if (target is { Bound: 0, IsWanted: true, Negotiation: null, Deadline.IsNever: true } && target != peer.Target) core.Timers.Set(target, now + core.Random.Jitter(IkeLimits.ReconnectPause, 0.5));
        }
    }

    /// <summary>The target by which a peer is to be called again; null when another one is expected where it is.</summary>
    private IkeTarget? TargetOf(IkePeer peer)
    {
        if (peer.Target is null && core.Expectations.IsOfOther(peer.Protection, peer.Address, peer)) return null;
        IkeTarget target = peer.Target ?? FindOrAddTarget(peer.Protection, peer.Address);
        // The same identity at the same address is one place: who was reached there last is called.
        if (target.Peer is { } owner && owner != peer) return null;
        if (target.Peer is null) core.Expectations.OnReached(peer, target.Address);
        target.Peer = peer;
        return peer.Target ??= target;
    }

    /// <summary>The target is not wanted any more.</summary>
    private void Give(IkeTarget target, Instant now, Outbox<IkeEffect> outbox)
    {
        core.Timers.Set(target, Instant.Never);
        Bind(target, 0, outbox);
        _targets.Remove((target.Protection.Id, target.Address));
        core.Expectations.OnUnwanted(target.Protection, target.Address);
        if (target.Peer is { } peer)
        {
            target.Peer = null;
            if (peer.Target == target) peer.Target = null;
            LetGo(peer, now);
        }
        if (target.Negotiation is not { } calling) return;
        target.Negotiation = null;
        // After IKE_AUTH the peer may have the SA: it is finished, and goes as unused.
        if (calling.Handshake is InitiatorHandshake { HasSentAuthentication: false }) calling.Die(IkeDownReason.Unused, now, outbox);
    }

    private void StartGrace(IkePeer peer, Instant now)
    {
        if (!IsWanted(peer) && peer.Sas.Count > 0) core.Timers.Set(peer, now + (peer.Protection.IdleTime ?? IkeLimits.UnusedTime));
        else LetGo(peer, now);
    }

    private IkeTarget FindOrAddTarget(IkeProtection protection, IpAddress address)
    {
        if (!_targets.TryGetValue((protection.Id, address), out IkeTarget? target)) _targets.Add((protection.Id, address), target = new IkeTarget(core, protection, address));
        return target;
    }
}
