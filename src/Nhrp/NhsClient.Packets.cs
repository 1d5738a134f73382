using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>The packets: requests out, replies and errors in.</summary>
internal sealed partial class NhsClient
{
    /// <summary>True when the reply was for this server.</summary>
    public bool HandleReply(in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        // What another station answers in its own name may come by way of the server, and is no word of the server's.
        if (!NhrpTrust.IsFrom(arrival.From, Peer) || !Address.IsUnspecified && view.DestinationProtocol != Address && !owner.IsOwn(view.DestinationProtocol)) return false;
        if (State is not RegistrationState.Registering registering || view.RequestId == 0) return view.RequestId != 0 && view.RequestId == AcknowledgedId;
        int index = Array.IndexOf(registering.Open, view.RequestId);
        if (index < 0) return view.RequestId == AcknowledgedId;
        if (!owner.Core.Identities.MayServe(owner, arrival.From, Responder(view) is { IsNone: false } other ? other : Address, now))
        {
            Fail(now, outbox);
            return true;
        }
        RepliesReceived++;
        LastReply = now;
        NhrpCieCode code = NhrpCieCode.Success;
        foreach (NhrpCieView cie in view.Cies)
        {
            if (code == NhrpCieCode.Success) code = cie.ToCie().Code;
        }
        RefusedWith = code;
        if (code != NhrpCieCode.Success)
        {
            Refused(registering, index, code, now, outbox);
            return true;
        }
        registering.Open[index] = 0;
        AcknowledgedId = view.RequestId;
        ReadExtensions(view, now, outbox);
        if (Array.TrueForAll(registering.Open, static id => id == 0)) Accepted(arrival, now, outbox);
        return true;
    }

    /// <summary>True for packets of this server: by its association, or from its address when there is none.</summary>
    public bool IsHeardFrom(NbmaPeer from) => NhrpTrust.IsFrom(from, Peer) && (Address.IsUnspecified || owner.Core.Identities.CanServe(owner, from, Address));

    /// <summary>The server (or somebody before it) could not use a request: the next one has a new id, as FRR's.</summary>
    public bool HandleError(in NhrpArrival arrival, uint requestId, NhrpErrorCode code, Instant now)
    {
        if (!IsHeardFrom(arrival.From)) return false;
        if (State is not RegistrationState.Registering registering || Array.IndexOf(registering.Open, requestId) is var index && index < 0) return false;
        RequestsFailed++;
        registering.Open[index] = owner.Core.NextRequestId();
        if (code == NhrpErrorCode.AuthenticationFailure && owner.Core.Complaints.IsNew(owner.Key, NhrpComplaint.Authentication, Address, now))
            owner.Core.Logger.PasswordRefused(owner.Key, Address, Peer);
        return true;
    }

    private void Accepted(in NhrpArrival arrival, Instant now, Outbox<NhrpEffect> outbox)
    {
        State = new RegistrationState.Registered();
        TimeSpan interval = owner.Config.RegistrationTimeout ?? owner.Config.HoldTime / 3;
        owner.Core.Timers.Set(this, now + owner.Core.Random.Jitter(interval, 0.1));
        // Over an association the packets of this server are told from others at its address by the association.
        if (Peer.Association == 0) Peer = arrival.From;
        bool wasUp = IsUp;
        owner.Statics.Sync(now, outbox);
        SetStatus(NhsStatus.Up, now, outbox);
        if (!wasUp) owner.Nhss.Reselect(now, outbox);
    }

    private void Refused(RegistrationState.Registering registering, int index, NhrpCieCode code, Instant now, Outbox<NhrpEffect> outbox)
    {
        RequestsFailed++;
        owner.Core.Logger.NhsRefused(owner.Key, Address, Peer, code);
        // The request is answered, so the next one is a new one; its time stays that of the retransmission.
        registering.Open[index] = owner.Core.NextRequestId();
        Fail(now, outbox);
    }

    private void ReadExtensions(NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (Responder(view) is { IsNone: false } address && address != Address)
        {
            // Another server behind the same NBMA address took over.
            if (IsUp) SetStatus(NhsStatus.Probing, now, outbox);
            Address = address;
        }
        IpAddress before = NatAddress;
        NatAddress = OutsideIn(view);
        // The NAT moved: who was given an answer sends to where nobody is, and cannot be told from there.
        if (before != NatAddress) owner.Answers.PurgeAll(byServer: true, now, outbox);
    }

    /// <summary>
    /// Of <c>nhs dynamic</c>: who answers, by the responder's entry, or by the reply's destination where the entry says nothing
    /// (FRR). None with a configured server, and without an address of use.
    /// </summary>
    private IpAddress Responder(NhrpView view)
    {
        if (!Config.Protocol.IsUnspecified) return IpAddress.None;
        if (view.TryGetExtension(NhrpExtensionType.ResponderAddress, out NhrpExtensionView responder)
            && responder.TryGetCies(out NhrpCieList responders) && responders.MoveNext()
            && responders.Current.ToCie().Protocol.Ip is var address && IsOfAServer(address))
            return address;
        return IsOfAServer(view.DestinationProtocol) ? view.DestinationProtocol : IpAddress.None;
    }

    private bool IsOfAServer(IpAddress address) => !address.IsUnspecified && address.IsIPv4 != owner.Key.IPv6 && !owner.IsOwn(address);

    private IpAddress OutsideIn(NhrpView view)
    {
        IpAddress outside = IpAddress.None;
        if (!view.TryGetExtension(NhrpExtensionType.NatAddress, out NhrpExtensionView nat) || !nat.TryGetCies(out NhrpCieList entries)) return outside;
        foreach (NhrpCieView entry in entries)
        {
            NhrpCie cie = entry.ToCie();
            if (owner.IsOwn(cie.Protocol.Ip) && cie.Nbma.Ip != owner.Facts.NbmaSource) outside = cie.Nbma.Ip;
        }
        return outside;
    }

    private void SendOpen(RegistrationState.Registering registering, Instant now, Outbox<NhrpEffect> outbox)
    {
        for (int i = 0; i < registering.Open.Length && i < owner.Facts.Addresses.Count; i++)
        {
            if (registering.Open[i] != 0) Send(owner.Facts.Addresses[i].Address, registering.Open[i], now, outbox);
        }
    }

    private void Send(IpAddress own, uint requestId, Instant now, Outbox<NhrpEffect> outbox)
    {
        owner.TakeSend(now, mayHold: false);
        RequestsSent++;
        RequestId = requestId;
        // Without the server's address the own one stands for it (RFC 2332 5.2.3), and the NAT extension has the wildcard.
        IpAddress destination = Address.IsUnspecified ? own : Address;
        IpAddress server = Address.IsUnspecified ? (owner.Key.IPv6 ? IpAddress.None : IpAddress.AnyIPv4) : Address;
        NhrpFlags flags = NhrpFlags.Nat | (owner.Config.RegistrationUnique ? NhrpFlags.RegistrationUnique : NhrpFlags.None);
        var writer = new NhrpWriter(NhrpSender.Room(outbox), NhrpSender.Head(owner, NhrpPacketType.RegistrationRequest, flags, requestId, own, destination));
        // RFC 2332 wants prefix 255 with the unique bit; today's IOS sends the full width, and old hubs take both.
        writer.Cie(new NhrpCie { PrefixLength = (byte)owner.Width, Mtu = owner.Mtu, HoldTime = owner.HoldSeconds, Preference = owner.WirePreference });
        NhrpSender.WriteExtensions(ref writer, owner, responder: true, new NhrpCie
        {
            PrefixLength = (byte)owner.Width,
            Mtu = owner.Mtu,
            Nbma = Peer.Address,
            Protocol = NhrpAddress.Explicit(server),
        });
        owner.Core.Sender.Transmit(owner, Peer, NhrpPacketType.RegistrationRequest, ref writer, outbox);
    }
}
