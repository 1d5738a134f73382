using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>A new IKE SA, and what becomes of those that the peer had before.</summary>
internal sealed partial class IkePeers
{
    /// <summary>Both ends of an IKE SA are authenticated: it belongs to a peer from now on.</summary>
    /// <param name="sa">The SA.</param>
    /// <param name="protection">By which source.</param>
    /// <param name="identity">What the peer proved.</param>
    /// <param name="profile">By which profile.</param>
    /// <param name="facts">How.</param>
    /// <param name="before">The association that was called, or whose authentication is renewed; null without.</param>
    /// <param name="alone">The peer has no other SA with us: INITIAL_CONTACT, or a ticket.</param>
    /// <param name="now">The time.</param>
    public IkePeer Establish(IkeSa sa, IkeProtection protection, PeerIdentity identity, Ikev2Profile profile, AuthenticationFacts facts, IkePeer? before, bool alone, Instant now)
    {
        IkePeer peer = FindOrAdd(protection, identity, sa, before, alone);
        if (peer.Sas.Count == 0) WarnOfNamesake(peer, sa, now);
        peer.Identity = identity;
        peer.IsReachable = sa.IsInitiator || !sa.IsRemoteBehindNat;
        peer.Add(sa);
        if (!peer.IsUp) Place(peer, sa.Path.Remote.Address);
        sa.Establish(peer, profile, facts, now);
        if (sa.IsInitiator) core.Statistics.EstablishedAsInitiator++;
        else core.Statistics.EstablishedAsResponder++;
        if (sa.IsResumed) core.Statistics.Resumed++;
        if (core.PeerLines.TryTake(now, sa.Path.Remote.Address)) core.Logger.SaEstablished(peer.Id, sa.Path.Local, sa.Path.Remote, IkeDiagnosis.Method(identity.Method), sa.IsResumed);
        return peer;
    }

    /// <summary>
    /// After the new SA has its child SA: others of the peer go, without a moment in which there is none.
    /// <list type="bullet">
    /// <item>With INITIAL_CONTACT all that there were before this one began (2.4): the peer does not have them any more. Those that came up meanwhile it has.</item>
    /// <item>When both ends called each other at once there are two: the one with the lower initiator's SPI is closed by the end that initiated it, as 2.8.1 has it for rekeying.</item>
    /// <item>The one that a reauthentication replaces is closed by the end that wanted it (2.8.3).</item>
    /// </list>
    /// </summary>
    public void Settle(IkePeer peer, IkeSa sa, IkeSa? replaces, bool initialContact, Instant begun, Instant now, Outbox<IkeEffect> outbox)
    {
        foreach (IkeSa other in peer.Sas.ToArray())
        {
            if (other == sa || !other.IsEstablished || !sa.IsEstablished) continue;
            if (other == replaces)
            {
                End(other, now);
            }
            else if (initialContact && other.Established < begun)
            {
                other.CloseAtOnce(IkeDownReason.DeletedByPeer, now, outbox);
            }
            else if (other.IsInitiator != sa.IsInitiator)
            {
                (IkeSa winner, IkeSa loser) = other.InitiatorSpi > sa.InitiatorSpi ? (other, sa) : (sa, other);
                if (!winner.Children.Exists(child => child.IsLive)) continue;
                // Who has just been called waits: the caller has the new SA when our answer is there.
                if (winner != sa || sa.IsInitiator) winner.Children[^1].Activate(outbox);
                if (loser.IsInitiator) End(loser, now);
            }
            else if (sa.IsInitiator)
            {
                // Called twice, at two addresses or while it was being made anew: one is enough.
                End(other, now);
            }
        }
        if (initialContact) EndOtherPlaces(peer, begun, now, outbox);
        LimitPlaces(peer, now, outbox);
        while (peer.Sas.Count > IkeLimits.MaximumSasPerPeer) peer.Sas[0].Close(IkeDownReason.Unused, now, outbox);
        // Without a child SA it was refused a moment ago: OnChildFailed has seen to that.
        if (peer.HasLiveChild) Reconsider(peer, IkeDownReason.DeletedByPeer, now, outbox);
        if (!IsWanted(peer) && peer.Protection.IdleTime is { } idle && peer.Deadline.IsNever) core.Timers.Set(peer, now + idle);
    }

    /// <summary>A call reached a peer.</summary>
    public void OnConnected(IkeTarget target, IkePeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        if (_targets.GetValueOrDefault((target.Protection.Id, target.Address)) != target)
        {
            // Nobody wanted it any more when IKE_AUTH was under way.
            StartGrace(peer, now);
            return;
        }
        core.Expectations.OnReached(peer, target.Address);
        if (target.Peer is { } before && before != peer && before.Target == target) before.Target = null;
        target.Peer = peer;
        peer.Target = target;
        core.Timers.Set(target, Instant.Never);
        Bind(target, outbox);
    }

    /// <summary>The IKE SA is there, a child SA is not: the peer may be of another opinion about what is to be protected, or busy. It is tried again while it is wanted.</summary>
    public void OnChildFailed(IkePeer peer, string why, Instant now, Outbox<IkeEffect> outbox)
    {
        if (peer.HasLiveChild) return;
        if (peer.IsUp) Down(peer, IkeDownReason.DeletedByPeer, now, outbox);
        if (!IsWanted(peer)) return;
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.PeerFailed, Protection = peer.Protection.Id, Peer = new NbmaPeer(peer.Address) });
        if (TargetOf(peer) is not { } target) return;
        target.Failures++;
        if (why.Length > 0) target.LastFailure = why;
        core.Timers.Set(target, now + Pause(target));
    }

    /// <summary>A child SA could not be made because something else is under way: again in a moment.</summary>
    public void RetryChild(IkePeer peer, Instant now)
    {
        if (TargetOf(peer) is not { } target) return;
        core.Timers.Set(target, now + core.Random.Jitter(IkeLimits.CollisionPause, 0.5));
    }

    /// <summary>Somebody with another peer's name: a mistake in a keyring, or a member that lies. Nothing of the other one is touched.</summary>
    private void WarnOfNamesake(IkePeer peer, IkeSa sa, Instant now)
    {
        foreach (IkePeer other in Namesakes(peer))
        {
            if (!other.IsUp || !core.PeerLines.TryTake(now, sa.Path.Remote.Address)) continue;
            core.Logger.IdentityTwice(peer.Id, sa.Path.Remote, WordsFor(peer), WordsFor(other));
        }
    }

    private static string WordsFor(IkePeer peer) => peer.KeyEntry.Length > 0 ? peer.KeyEntry : "its certificate";

    /// <summary>INITIAL_CONTACT is about the identity, wherever it was.</summary>
    private void EndOtherPlaces(IkePeer peer, Instant begun, Instant now, Outbox<IkeEffect> outbox)
    {
        foreach (IkePeer place in PlacesOf(peer))
        {
            if (place == peer) continue;
            foreach (IkeSa other in place.Sas.ToArray())
            {
                if (other.IsEstablished && other.Established < begun) other.CloseAtOnce(IkeDownReason.DeletedByPeer, now, outbox);
            }
        }
    }

    private static void End(IkeSa sa, Instant now)
    {
        sa.EndsAt = now + IkeLimits.SupersededTime;
        sa.Reschedule();
    }
}
