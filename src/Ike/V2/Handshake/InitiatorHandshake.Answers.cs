using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>What the peer answered to IKE_SA_INIT or IKE_SESSION_RESUME.</summary>
internal sealed partial class InitiatorHandshake
{
    private void OnOtherGroup(DhGroup group, Instant now, Outbox<IkeEffect> outbox)
    {
        // Each group that we offer once: who sends us round in circles is told no more.
        bool offered = false;
        foreach (ProposalPolicy.Entry entry in Protection.Ike!.Entries)
        {
            foreach (IkeTransform transform in entry.Offered) offered |= transform.Type == IkeTransformType.KeyExchange && transform.Id == (ushort)group;
        }
        if (offered && !_tried.Contains(group)) Restart(group, outbox);
        else Note(IkeDiagnosis.IkeRefused(IkeNotifyType.InvalidKePayload, Protection.Ike!), IkeExchangeType.SaInit, now);
    }

    private void HandleChosen(in IkeArrival arrival, IkeView view, Instant now, Outbox<IkeEffect> outbox)
    {
        view.Payloads.TryFind(IkePayloadType.SecurityAssociation, out IkePayloadView sa);
        view.Payloads.TryFind(IkePayloadType.KeyExchange, out IkePayloadView ke);
        IkeKeyExchangeView.TryParse(ke.Body, out IkeKeyExchangeView exchange, out _);
        if (!IkeProposal.TryParseAll(sa.Body, out ValueList<IkeProposal> answered, out Malformed why))
        {
            Core.Malformed.Count(why);
            return;
        }
        if (!ProposalAnswer.TryAcceptIke(Protection.Ike!.Offer(0), answered, rekey: false, out IkeSuite suite, out _) || suite.Group != exchange.Group || suite.Group != _keyPair!.Group)
        {
            Core.Drops.Count(IkeDrop.NoProposalChosen);
            Note("the peer chose an IKE proposal or a group that it was not offered", view.Exchange, now);
            return;
        }
        _suite = suite;
        OnInitAnswered(arrival, view, now);
        ReadHashes(view.Payloads);
        _wanted = IkeCredentials.WantedAuthorities(view.Payloads);
        KeyExchange keyPair = _keyPair;
        _keyPair = null;
        Run(new AgreementWork(this, keyPair, exchange.Data.ToArray()), outbox);
    }

    private void HandleResumed(in IkeArrival arrival, IkeView view, Instant now, Outbox<IkeEffect> outbox)
    {
        if (_ticket!.Take() is not { } session) return;
        Resuming = session;
        _suite = session.Suite;
        OnInitAnswered(arrival, view, now);
        Sa.UseKeys(IkeKeySchedule.Resumed(_suite, session.SkD.Span, OwnNonce, PeerNonce, Sa.InitiatorSpi, Sa.ResponderSpi));
        Authenticate(now, outbox);
    }

    private void OnInitAnswered(in IkeArrival arrival, IkeView view, Instant now)
    {
        Sa.Take(0);
        Core.Statistics.Passed(IkePhase.InitRoundTrip, now.Since(_sentAt));
        Sa.RemoteSpi = view.ResponderSpi;
        PeerFirst = view.Bytes.ToArray();
        view.Payloads.TryFind(IkePayloadType.Nonce, out IkePayloadView nonce);
        PeerNonce = nonce.Body.ToArray();
        if (Core.Config.FragmentationMtu is not null && view.Payloads.TryFindNotify(IkeNotifyType.FragmentationSupported, out _)) Sa.Abilities |= PeerAbilities.Fragmentation;
        if (VendorIds.IsOurs(view.Payloads)) Sa.Abilities |= PeerAbilities.Ours;
        if (view.Payloads.TryFindNotify(IkeNotifyType.ChildlessIkev2Supported, out _)) Sa.Abilities |= PeerAbilities.Childless;
        NatSituation nat = NatDetection.Read(view.Payloads, view.InitiatorSpi, view.ResponderSpi, arrival.Path);
        (Sa.IsLocalBehindNat, Sa.IsRemoteBehindNat) = (nat.Local, nat.Peer);
        // With a NAT everything goes by port 4500 (2.23); without one too, so that nothing has to change when the path does (RFC 4555 3.3).
        if (!nat.IsKnown) return;
        Sa.Abilities |= PeerAbilities.NatTraversal;
        ushort remote = Sa.Path.Remote.Port == IkeSpec.Port ? IkeSpec.NatPort : Sa.Path.Remote.Port;
        Sa.Path = Sa.Path with { Local = Sa.Path.Local with { Port = IkeSpec.NatPort }, Remote = Sa.Path.Remote with { Port = remote } };
    }

    private static IkeNotifyType? FirstError(IkePayloadChain payloads)
    {
        foreach (IkePayloadView payload in payloads)
        {
            if (payload.Type == IkePayloadType.Notify && IkeNotifyView.TryParse(payload.Body, out IkeNotifyView notify, out _) && notify.IsError) return notify.Type;
        }
        return null;
    }
}
