using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Ike;

/// <summary>
/// What happens to a message that comes, in this order: decoded, its SA found by our SPI (RFC 7296 2.6), order of the request (2.2, 2.3), opened, payloads checked by
/// <see cref="MessageRules"/>, then obeyed. Whatever is not authentic changes nothing.
/// </summary>
internal sealed class IkeReceiver(IkeCore core)
{
    public void Handle(in IkeArrival arrival, ReadOnlySpan<byte> message, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!IkeView.TryParse(message, out IkeView view, out Malformed why))
        {
            core.Malformed.Count(why);
            if (core.Logger.IsEnabled(LogLevel.Debug) && core.MalformedLines.TryTake(now, arrival.Path.Remote.Address)) core.Logger.MessageMalformed(arrival.Path.Remote, why);
            return;
        }
        core.Logger.MessageReceived(view, arrival.Path);
        if (view.MajorVersion != 2)
        {
            core.Drops.Count(view.MajorVersion < 2 ? IkeDrop.OldVersion : IkeDrop.NewerVersion);
            if (view.MajorVersion > 2 && !view.IsResponse) core.Admission.Answer(arrival, view, IkeNotifyType.InvalidMajorVersion, default, now, outbox);
            return;
        }
        bool isInit = view.Exchange is IkeExchangeType.SaInit or IkeExchangeType.SessionResume;
        if (isInit && !view.IsResponse)
        {
            core.Responder.HandleInit(arrival, view, now, outbox);
            return;
        }
        if (!core.Sas.TryGetValue(view.FromInitiator ? view.ResponderSpi : view.InitiatorSpi, out IkeSa? sa))
        {
            core.Crashes.HandleUnknown(arrival, view, now, outbox);
            return;
        }
        if (sa.IsInitiator == view.FromInitiator || (sa.RemoteSpi != 0 && sa.RemoteSpi != (sa.IsInitiator ? view.ResponderSpi : view.InitiatorSpi)))
        {
            // An IKE_SA_INIT that is answered with an error has no SPI of the responder's, and neither has what comes from outside of any SA.
            if (!(isInit && sa.IsInitiator && view.ResponderSpi == 0))
            {
                core.Drops.Count(IkeDrop.WrongSpi);
                return;
            }
        }
        if (isInit) core.Initiator.HandleInitResponse(sa, arrival, view, now, outbox);
        else if (sa.Inbound is null) core.Drops.Count(IkeDrop.UnexpectedExchange);
        else if (view.IsResponse) HandleResponse(sa, arrival, view, now, outbox);
        else HandleRequest(sa, arrival, view, now, outbox);
    }

    /// <summary>Answers with INVALID_SYNTAX or UNSUPPORTED_CRITICAL_PAYLOAD; the first ends the SA at both ends (RFC 7296 2.21.3).</summary>
    public void Refuse(IkeSa sa, in IkeArrival arrival, uint id, IkeExchangeType exchange, in MessageFault fault, Instant now, Outbox<IkeEffect> outbox)
    {
        core.Drops.Count(fault.Drop);
        if ((sa.Peer is null ? core.StrangerLines : core.PeerLines).TryTake(now, arrival.Path.Remote.Address)) core.Logger.MessageIllegal(arrival.Path.Remote, exchange, fault.ToString());
        if (fault.Drop == IkeDrop.UnsupportedCriticalPayload)
        {
            sa.Respond(id, exchange, arrival.Path, IkeNotifyType.UnsupportedCriticalPayload, [(byte)fault.Payload], now, outbox);
            if (sa.Stage == IkeSaStage.Negotiating) sa.EndAfterAnswer(IkeDownReason.DeletedByPeer, now, outbox);
            return;
        }
        sa.Respond(id, exchange, arrival.Path, IkeNotifyType.InvalidSyntax, default, now, outbox);
        sa.EndAfterAnswer(IkeDownReason.DeletedByPeer, now, outbox);
    }

    private void HandleRequest(IkeSa sa, in IkeArrival arrival, IkeView view, Instant now, Outbox<IkeEffect> outbox)
    {
        uint id = view.MessageId;
        switch (sa.OrderOf(id))
        {
            case RequestOrder.Outside:
                core.Drops.Count(IkeDrop.OutsideWindow);
                return;
            case RequestOrder.Repeated:
                // Of a message in fragments only the first has it answered again (RFC 7383 2.6.1).
                if (FragmentAssembly.NumberOf(view) > 1) return;
                if (!IsAuthentic(sa, view)) core.Drops.Count(IkeDrop.IntegrityFailed);
                else if (!sa.TryRepeat(id, arrival.Path, outbox)) core.Drops.Count(IkeDrop.AlreadyReceived);
                else core.Statistics.Of(view.Exchange).RetransmissionsReceived++;
                return;
            default:
                break;
        }
        if (!IsExpected(sa, view.Exchange))
        {
            core.Drops.Count(IkeDrop.UnexpectedExchange);
            return;
        }
        if (!TryOpen(sa, view, now, outbox, out IkePayloadChain payloads, out bool damaged, out MessageFault outer)) return;
        sa.MarkReceived(id, now);
        sa.LastHeard = now;
        core.Statistics.Of(view.Exchange).RequestsReceived++;
        IkeMessageKind kind = view.Exchange switch
        {
            IkeExchangeType.Auth => IkeMessageKind.AuthRequest,
            IkeExchangeType.CreateChildSa => MessageRules.OfCreateChild(payloads),
            _ => IkeMessageKind.InformationalRequest,
        };
        MessageFault fault = outer;
        if (damaged || !MessageRules.TryCheck(kind, payloads, out fault))
        {
            Refuse(sa, arrival, id, view.Exchange, fault, now, outbox);
            return;
        }
        core.Mobility.Follow(sa, arrival.Path.Remote, now, outbox);
        switch (kind)
        {
            case IkeMessageKind.AuthRequest:
                ((ResponderHandshake)sa.Handshake!).HandleAuth(arrival, id, payloads, now, outbox);
                break;
            case IkeMessageKind.ChildRequest:
                core.Children.HandleRequest(sa, arrival, id, payloads, now, outbox);
                break;
            case IkeMessageKind.RekeyIkeRequest:
                core.Rekeying.HandleRequest(sa, arrival, id, payloads, now, outbox);
                break;
            default:
                core.Informational.HandleRequest(sa, arrival, id, payloads, now, outbox);
                break;
        }
        sa.Reschedule();
    }

    private void HandleResponse(IkeSa sa, in IkeArrival arrival, IkeView view, Instant now, Outbox<IkeEffect> outbox)
    {
        if (sa.Find(view.MessageId) is not { } request || request.Exchange != view.Exchange)
        {
            HandleUnprotected(sa, view, now, outbox);
            return;
        }
        if (!view.Payloads.IsEmpty && view.Payloads.First == IkePayloadType.Notify)
        {
            HandleUnprotected(sa, view, now, outbox);
            return;
        }
        if (!TryOpen(sa, view, now, outbox, out IkePayloadChain payloads, out bool damaged, out _)) return;
        sa.LastHeard = now;
        core.Statistics.Of(view.Exchange).ResponsesReceived++;
        IkeMessageKind kind = view.Exchange switch
        {
            IkeExchangeType.Auth => IkeMessageKind.AuthResponse,
            IkeExchangeType.CreateChildSa => request is RekeyIkeRequest ? IkeMessageKind.RekeyIkeResponse : IkeMessageKind.ChildResponse,
            _ => IkeMessageKind.InformationalResponse,
        };
        MessageFault fault = default;
        if (damaged || !MessageRules.TryCheck(kind, payloads, out fault))
        {
            // No answer to an answer (2.21): the SA is in a state that the ends do not agree about, and goes.
            core.Drops.Count(damaged ? IkeDrop.InvalidSyntax : fault.Drop);
            if (core.PeerLines.TryTake(now, arrival.Path.Remote.Address)) core.Logger.MessageIllegal(arrival.Path.Remote, view.Exchange, damaged ? "its payloads run past its end" : fault.ToString());
            sa.Take(view.MessageId)?.OnLost(sa, now, outbox);
            if (sa.Stage is IkeSaStage.Negotiating or IkeSaStage.Closing) sa.Die(IkeDownReason.DeadPeer, now, outbox);
            else sa.Close(IkeDownReason.DeadPeer, now, outbox);
            return;
        }
        sa.Take(view.MessageId);
        // Of one that was sent twice nobody knows which transmission was answered.
        if (request.Tries == 1) sa.RoundTrip = now.Since(request.SentAt);
        if (sa.Stage != IkeSaStage.Negotiating && payloads.TryFindNotify(IkeNotifyType.InvalidSyntax, out _))
        {
            // "Fatal in both peers": it has no SA any more, and nothing is sent about it (2.21.3).
            core.Drops.Count(IkeDrop.InvalidSyntax);
            if (core.PeerLines.TryTake(now, arrival.Path.Remote.Address)) core.Logger.MessageIllegal(arrival.Path.Remote, view.Exchange, "the peer finds our request invalid (INVALID_SYNTAX)");
            request.OnLost(sa, now, outbox);
            sa.Die(IkeDownReason.DeletedByPeer, now, outbox);
            return;
        }
        core.Mobility.Follow(sa, arrival.Path.Remote, now, outbox);
        request.OnResponse(sa, payloads, arrival, now, outbox);
        sa.SendWaiting(now, outbox);
    }

    /// <summary>A notify without protection where protection has to be: a hint at most (2.21.4), or a token (RFC 6290).</summary>
    private void HandleUnprotected(IkeSa sa, IkeView view, Instant now, Outbox<IkeEffect> outbox)
    {
        bool isProtected = false;
        foreach (IkePayloadView payload in view.Payloads) isProtected |= payload.Type is IkePayloadType.Encrypted or IkePayloadType.EncryptedFragment;
        if (isProtected || view.Payloads.IsEmpty) core.Drops.Count(IkeDrop.UnexpectedResponse);
        else core.Crashes.HandleUnprotected(sa, view, now, outbox);
    }

    /// <summary>Has this exchange a place in the SA's life at this moment?</summary>
    private static bool IsExpected(IkeSa sa, IkeExchangeType exchange) => sa.Stage switch
    {
        IkeSaStage.Negotiating => exchange == IkeExchangeType.Auth && sa.Handshake is ResponderHandshake { ExpectsAuthentication: true },
        IkeSaStage.Established or IkeSaStage.Waiting or IkeSaStage.Replaced or IkeSaStage.Closing => exchange is IkeExchangeType.CreateChildSa or IkeExchangeType.Informational,
        _ => false,
    };

    /// <summary>
    /// Opens a protected message into the payloads within. False when there is nothing to be obeyed (yet): forged, or a fragment. <paramref name="damaged"/>: authentic,
    /// and yet no chain of payloads.
    /// </summary>
    private bool TryOpen(IkeSa sa, IkeView view, Instant now, Outbox<IkeEffect> outbox, out IkePayloadChain payloads, out bool damaged, out MessageFault fault)
    {
        payloads = default;
        damaged = false;
        if (!MessageRules.TryCheckOuter(view.Payloads, out fault))
        {
            core.Drops.Count(fault.Drop);
            return false;
        }
        Span<byte> copy = core.Opened.AsSpan(0, view.Bytes.Length);
        view.Bytes.CopyTo(copy);
        ReadOnlySpan<byte> inner;
        IkePayloadType first;
        if (view.Payloads.TryFind(IkePayloadType.Encrypted, out IkePayloadView sealed_))
        {
            if (!sa.Inbound!.TryOpen(copy, IkeSpec.HeaderLength + sealed_.Offset + IkeSpec.PayloadHeaderLength, out int offset, out int length))
            {
                core.Drops.Count(IkeDrop.IntegrityFailed);
                return false;
            }
            inner = copy.Slice(offset, length);
            first = sealed_.Next;
        }
        else
        {
            if (core.Config.FragmentationMtu is null && (sa.Abilities & PeerAbilities.Fragmentation) == 0)
            {
                core.Drops.Count(IkeDrop.BadFragment);
                return false;
            }
            ref FragmentAssembly? kept = ref sa.FragmentsOf(view.IsResponse);
            // One message at a time: another one's fragments replace those of one that was given up, once they have proved authentic.
            FragmentAssembly assembly = kept is { } present && present.MessageId == view.MessageId ? present : new FragmentAssembly(view.MessageId);
            var half = sa.Handshake as ResponderHandshake;
            if (half is not null && !half.MayKeep(copy.Length, now, outbox))
            {
                core.Drops.Count(IkeDrop.TooManyFromAddress);
                return false;
            }
            // It may be that one that has just given way.
            if (sa.Stage == IkeSaStage.Dead) return false;
            if (!assembly.TryAdd(copy, sa.Inbound!, out IkeDrop why))
            {
                core.Drops.Count(why);
                return false;
            }
            kept = assembly;
            half?.OnKept(assembly.Length);
            sa.LastHeard = now;
            if (!assembly.IsComplete) return false;
            kept = null;
            half?.OnKept(0);
            first = assembly.First;
            inner = assembly.ToArray();
        }
        if (IkePayloadChain.TryParse(first, inner, out payloads, out Malformed why2))
        {
            core.Logger.MessageOpened(sa, view, payloads, sa.Path);
            return true;
        }
        core.Malformed.Count(why2);
        damaged = true;
        fault = new MessageFault(IkeDrop.InvalidSyntax, first, "runs past the end of the message");
        return true;
    }

    /// <summary>Is a repeated request authentic? Only then it is worth an answer.</summary>
    private bool IsAuthentic(IkeSa sa, IkeView view)
    {
        Span<byte> copy = core.Opened.AsSpan(0, view.Bytes.Length);
        view.Bytes.CopyTo(copy);
        foreach (IkePayloadView payload in view.Payloads)
        {
            int body = IkeSpec.HeaderLength + payload.Offset + IkeSpec.PayloadHeaderLength;
            if (payload.Type == IkePayloadType.Encrypted) return sa.Inbound!.TryOpen(copy, body, out _, out _);
            if (payload.Type == IkePayloadType.EncryptedFragment && payload.Body.Length > IkeSpec.FragmentHeaderLength)
                return sa.Inbound!.TryOpen(copy, body + IkeSpec.FragmentHeaderLength, out _, out _);
        }
        return false;
    }
}
