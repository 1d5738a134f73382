using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// State that one end lost (RFC 7296 1.5, 2.21.4; RFC 6290). What is said without protection is a hint and has the peer asked, at most now and then; only the peer's own token,
/// which it gave under protection, ends an SA.
/// </summary>
internal sealed class IkeCrashes(IkeCore core)
{
    /// <summary>Our token for an IKE SA.</summary>
    public byte[] TokenOf(IkeSa sa) => QcdToken.Of(core.Secrets.QuickCrashDetection, sa.InitiatorSpi, sa.ResponderSpi);

    /// <summary>A message of no IKE SA that is known.</summary>
    public void HandleUnknown(in IkeArrival arrival, IkeView view, Instant now, Outbox<IkeEffect> outbox)
    {
        if (view.IsResponse)
        {
            core.Drops.Count(IkeDrop.UnexpectedResponse);
            return;
        }
        if (!view.Payloads.IsEmpty && view.Payloads.TryFindNotify(IkeNotifyType.InvalidSpi, out IkeNotifyView notify) && notify.Data.Length == 4)
        {
            OnInvalidSpi(BinaryPrimitives.ReadUInt32BigEndian(notify.Data), arrival, now, outbox);
            return;
        }
        core.Drops.Count(IkeDrop.UnknownSa);
        bool isProtected = view.Payloads.TryFind(IkePayloadType.Encrypted, out _) || view.Payloads.TryFind(IkePayloadType.EncryptedFragment, out _);
        // Never a token of an SA that lives (RFC 6290 9.2), not even when somebody asks with the wrong flag or half of its SPIs.
        if (!isProtected || core.Sas.ContainsKey(view.InitiatorSpi) || core.Sas.ContainsKey(view.ResponderSpi)) return;
        if (!core.Admission.MayAnswer(arrival.Path.Remote.Address, now)) return;
        Span<byte> room = stackalloc byte[128];
        var writer = new IkePayloadWriter(room);
        writer.Notify(IkeNotifyType.InvalidIkeSpi);
        writer.Notify(IkeProtocolId.Ike, default, IkeNotifyType.QuickCrashDetection, QcdToken.Of(core.Secrets.QuickCrashDetection, view.InitiatorSpi, view.ResponderSpi));
        IkeHeader header = view.Header with { Flags = view.FromInitiator ? IkeFlags.Response : IkeFlags.Response | IkeFlags.Initiator };
        IkeCore.Transmit(arrival.Path, IkeSealing.Clear(header, writer), outbox);
    }

    /// <summary>Something without protection about an IKE SA that we have.</summary>
    public void HandleUnprotected(IkeSa sa, IkeView view, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!MessageRules.TryCheck(IkeMessageKind.Unprotected, view.Payloads, out MessageFault fault))
        {
            core.Drops.Count(fault.Drop);
            return;
        }
        if (sa.Stage is IkeSaStage.Negotiating or IkeSaStage.Failed)
        {
            core.Drops.Count(IkeDrop.NotProtected);
            return;
        }
        if (QcdToken.IsShown(view.Payloads, sa.PeerToken))
        {
            core.Statistics.CrashedPeers++;
            if (sa.Peer is { } peer && core.PeerLines.TryTake(now, sa.Path.Remote.Address)) core.Logger.PeerCrashed(peer.Id, sa.Path.Remote);
            sa.Die(IkeDownReason.Crashed, now, outbox);
            return;
        }
        if (view.Payloads.TryFindNotify(IkeNotifyType.QuickCrashDetection, out _)) core.Drops.Count(IkeDrop.WrongToken);
        Hint(sa, now, outbox);
    }

    /// <summary>ESP came with an SPI that nobody knows: the sender is told, without protection, since there may be nothing to protect it with.</summary>
    public void OnUnknownSpi(in IkePath path, uint spi, Instant now, Outbox<IkeEffect> outbox)
    {
        if (core.ChildSas.ContainsKey(spi) || !core.Admission.MayHint(path.Remote.Address, now)) return;
        IkePath to = path with
        {
            Local = path.Local with { Port = path.Local.Port == IkeSpec.NatPort ? IkeSpec.NatPort : IkeSpec.Port },
            Remote = path.Remote with { Port = path.Remote.Port == 0 ? IkeSpec.Port : path.Remote.Port },
        };
        Span<byte> room = stackalloc byte[64], data = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(data, spi);
        var writer = new IkePayloadWriter(room);
        writer.Notify(IkeNotifyType.InvalidSpi, data);
        // "Using zero values or random values are both acceptable"; the initiator flag is set (1.5).
        var header = new IkeHeader(0, 0, writer.First, IkeExchangeType.Informational, IkeFlags.Initiator, 0);
        IkeCore.Transmit(to, IkeSealing.Clear(header, writer), outbox);
    }

    /// <summary>Somebody says that it does not know a child SA that we send by.</summary>
    private void OnInvalidSpi(uint spi, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox)
    {
        foreach (IkePeer peer in core.Peers.At(arrival.Path.Remote.Address))
        {
            foreach (ChildSa child in peer.Children)
            {
                if (child.OutboundSpi != spi || !child.IsLive) continue;
                Hint(child.Sa, now, outbox);
                return;
            }
        }
        core.Drops.Count(IkeDrop.HintIgnored);
    }

    /// <summary>There may be something wrong: the peer is asked, unless it was heard of, or asked, a moment ago.</summary>
    private void Hint(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        if (sa.LastHint is { IsNever: false } last && last + IkeLimits.HintInterval > now || sa.HasOpenRequests)
        {
            core.Drops.Count(IkeDrop.HintIgnored);
            return;
        }
        sa.LastHint = now;
        sa.AskLiveness(now, outbox);
    }
}
