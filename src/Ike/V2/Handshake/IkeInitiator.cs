using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>Begins IKE SAs: with a target, or (reauthentication) with a peer that there is one with.</summary>
internal sealed class IkeInitiator(IkeCore core)
{
    /// <summary>Calls a target.</summary>
    public void Start(IkeTarget target, Instant now, Outbox<IkeEffect> outbox)
    {
        IkeProtection protection = target.Protection;
        var path = new IkePath(protection.Facts.Namespace, new IkeEndpoint(protection.Facts.Local, IkeSpec.Port), new IkeEndpoint(target.Address, IkeSpec.Port));
        if (!IsCallable(protection, path, out Ikev2Profile? profile, out string problem))
        {
            core.Failed(path, IkeExchangeType.SaInit, IkeDrop.AuthenticationFailed, problem, now);
            core.Peers.OnFailed(target, problem, now, outbox);
            return;
        }
        var sa = new IkeSa(core, isInitiator: true, path, now);
        var handshake = new InitiatorHandshake(sa, protection, profile!, target, replaces: null, now);
        sa.Handshake = handshake;
        target.Negotiation = sa;
        core.Statistics.Initiating++;
        // Now and then without: another router may have the address by now, and keep silent about what it does not know.
        bool resumes = core.Config.Resumption && target.Failures % IkeLimits.ResumptionsInARow != IkeLimits.ResumptionsInARow - 1;
        handshake.Begin(resumes ? target.Peer?.Ticket : null, now, outbox);
    }

    /// <summary>
    /// Makes a new IKE SA with the peer of an old one, which goes when the new one is there (RFC 7296 2.8.3). By the path that works.
    /// </summary>
    public void Reauthenticate(IkeSa old, Instant now, Outbox<IkeEffect> outbox)
    {
        old.ReauthenticateAt = Instant.Never;
        IkeProtection protection = old.Peer!.Protection;
        if (!IsCallable(protection, old.Path, out _, out string problem))
        {
            core.Failed(old.Path, IkeExchangeType.SaInit, IkeDrop.AuthenticationFailed, problem, now);
            old.ReauthenticateAt = now + IkeLimits.RekeyRetry;
            return;
        }
        var sa = new IkeSa(core, isInitiator: true, old.Path, now);
        var handshake = new InitiatorHandshake(sa, protection, old.Profile!, target: null, old, now);
        sa.Handshake = handshake;
        old.Reauthentication = sa;
        core.Statistics.Initiating++;
        handshake.Begin(null, now, outbox);
    }

    /// <summary>A response to IKE_SA_INIT or IKE_SESSION_RESUME.</summary>
    public void HandleInitResponse(IkeSa sa, in IkeArrival arrival, IkeView view, Instant now, Outbox<IkeEffect> outbox)
    {
        if (sa.Handshake is not InitiatorHandshake handshake || !handshake.Expects(view) || sa.Find(0) is null)
        {
            core.Drops.Count(IkeDrop.UnexpectedResponse);
            return;
        }
        bool resume = view.Exchange == IkeExchangeType.SessionResume;
        if (!MessageRules.TryCheck(resume ? IkeMessageKind.ResumeResponse : IkeMessageKind.SaInitResponse, view.Payloads, out MessageFault fault))
        {
            // Nothing in it is authentic: perhaps the true response is still to come (2.21.1).
            core.Drops.Count(fault.Drop);
            return;
        }
        core.Statistics.Of(view.Exchange).ResponsesReceived++;
        handshake.HandleInitResponse(arrival, view, now, outbox);
        sa.Reschedule();
    }

    private bool IsCallable(IkeProtection protection, in IkePath path, out Ikev2Profile? profile, out string problem)
    {
        profile = null;
        if (protection.Policy is null) problem = $"there is no 'crypto ipsec profile {protection.Facts.Profile}'";
        else if (protection.Ike!.Entries.Count == 0) problem = "no 'crypto ikev2 proposal' is complete: each needs encryption, integrity (or a combined-mode cipher) and a group";
        else if (protection.FirstChild!.Entries.Count == 0) problem = $"'crypto ipsec profile {protection.Facts.Profile}' names no transform set that exists";
        else profile = IkeCredentials.ProfileFor(core, protection, path, out problem);
        return profile is not null;
    }
}
