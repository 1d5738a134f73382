using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>
/// The server's side of resolution: answers as the egress, says no, or passes packets on along the routed path (RFC 2332 2.2, 3, 5.2.1, 5.3).
/// As on IOS the request goes on to the egress router itself, which answers straight to the requester; a serving NHS
/// answers from its cache only when a non-authoritative answer is wanted.
/// </summary>
internal sealed class ResolutionServer(NhrpCore core)
{
    /// <summary>Where the first compulsory extension is that nobody here understands; null when there is none.</summary>
    public static int? FindUnrecognized(NhrpView view)
    {
        foreach (NhrpExtensionView extension in view.Extensions)
        {
            bool known = extension.Type is NhrpExtensionType.End or (>= NhrpExtensionType.ResponderAddress and <= NhrpExtensionType.ReverseTransitNhs)
                or NhrpExtensionType.Authentication or NhrpExtensionType.VendorPrivate
                // 9 with the compulsory bit is RFC 2735's device capabilities.
                || extension.Type == NhrpExtensionType.NatAddress && !extension.IsCompulsory;
            if (extension.IsCompulsory && !known) return extension.Offset;
        }
        return null;
    }

    public void HandleRequest(NhrpInterface via, in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        IpAddress destination = view.DestinationProtocol;
        if (core.IsOwn(view.SourceProtocol))
        {
            core.Drops.Count(NhrpDrop.Loop);
            core.Sender.Error(arrival, via, view, NhrpErrorCode.LoopDetected, 0, now, outbox);
            return;
        }
        // A requester that is not who it says would have the answer, and the target's trust, sent to somebody else.
        if (!core.Trust.MaySpeakFor(via, arrival.From, view.SourceProtocol, now)) return;
        NhrpPath path = core.Paths.Find(via, destination);
        if (IsOfNobody(via, destination, path))
        {
            core.Drops.Count(NhrpDrop.Unreachable);
            Refuse(via, arrival, view, NhrpCieCode.NoBinding, outbox);
        }
        else if (path.Kind == NhrpPathKind.Local || FindSummary(via, destination) is not null)
        {
            Answer(via, arrival, view, path, now, outbox);
        }
        else if ((view.Flags & NhrpFlags.Authoritative) == 0 && via.Config.CacheNonAuthoritative && FindCached(via, destination) is { } cached)
        {
            AnswerFromCache(via, arrival, view, cached, now, outbox);
        }
        else if (path.Hop is null || path.Hop.Peer == arrival.From)
        {
            // Nobody further on, or only the one it came from: RFC 2332 2.2 (b).
            core.Drops.Count(NhrpDrop.Unreachable);
            Refuse(via, arrival, view, NhrpCieCode.NoBinding, outbox);
        }
        else
        {
            Forward(via, arrival, view, destination, path, now, outbox);
        }
    }

    /// <summary>The prefix that an answer for an address may cover (RFC 2332 6.3): a summary, or the route's; a default route says nothing.</summary>
    public IpPrefix AnswerPrefix(NhrpInterface via, in NhrpPath path, IpAddress destination)
    {
        if (FindSummary(via, destination) is { } summary) return summary.Prefix;
        return path.Kind == NhrpPathKind.Local && path.Prefix.Length > 0 && path.Prefix.Contains(destination)
            ? core.Routes.WithoutTunnelRoutes(path.Prefix, destination)
            : IpPrefix.Host(destination);
    }

    /// <summary>Passes a packet on towards an address: hop count, loop check, transit record, NAT address, authentication of the next hop.</summary>
    public void Forward(
        NhrpInterface via, in NhrpArrival arrival, NhrpView view, IpAddress destination, in NhrpPath known, Instant now, Outbox<NhrpEffect> outbox)
    {
        bool reply = view.Type is NhrpPacketType.ResolutionReply or NhrpPacketType.RegistrationReply or NhrpPacketType.PurgeReply;
        NhrpExtensionType record = reply ? NhrpExtensionType.ReverseTransitNhs : NhrpExtensionType.ForwardTransitNhs;
        if (HasOwn(view, record) || view.Type == NhrpPacketType.ResolutionReply && HasOwn(view, NhrpExtensionType.ResponderAddress))
        {
            core.Drops.Count(NhrpDrop.Loop);
            core.Sender.Error(arrival, via, view, NhrpErrorCode.LoopDetected, 0, now, outbox);
            return;
        }
        if (view.HopCount == 0)
        {
            core.Drops.Count(NhrpDrop.HopCount);
            core.Sender.Error(arrival, via, view, NhrpErrorCode.HopCountExceeded, 9, now, outbox);
            return;
        }
        // AFTER what tells a neighbour of a loop: that is no lie.
        if (!core.Trust.MayPass(via, arrival.From, view, now)) return;
        NhrpPath path = known.Kind == NhrpPathKind.None ? core.Paths.Find(via, destination) : known;
        if (path.Kind != NhrpPathKind.Hop || path.Hop!.Peer == arrival.From)
        {
            core.Drops.Count(NhrpDrop.Unreachable);
            core.Sender.Error(arrival, via, view, NhrpErrorCode.ProtocolAddressUnreachable, 0, now, outbox);
            return;
        }
        NhrpInterface towards = path.Interface!;
        var edits = default(ExtensionEdits);
        // "MUST NOT participate in any way" beside a compulsory extension that is not understood (5.3).
        if (FindUnrecognized(view) is null)
        {
            if (towards.Config.Record && reply) edits.Reverse = towards.Record(0);
            else if (towards.Config.Record) edits.Forward = towards.Record(0);
            edits.Nat = NatEntry(via, arrival, view, out edits.WithoutNatOf);
        }
        var writer = new NhrpWriter(NhrpSender.Room(outbox), view.Header with { HopCount = (byte)(view.HopCount - 1) });
        writer.Raw(view.Body);
        if (view.Type != NhrpPacketType.ErrorIndication) NhrpSender.CopyExtensions(ref writer, view, towards, edits);
        if (!core.Sender.Transmit(towards, path.Hop.Peer, view.Type, ref writer, outbox))
        {
            core.Sender.Error(arrival, via, view, NhrpErrorCode.SduSizeExceeded, 10, now, outbox);
        }
    }

    private void Answer(NhrpInterface via, in NhrpArrival arrival, NhrpView view, in NhrpPath path, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (FindUnrecognized(view) is { } offset)
        {
            core.Drops.Count(NhrpDrop.UnrecognizedExtension);
            core.Sender.Error(arrival, via, view, NhrpErrorCode.UnrecognizedExtension, offset, now, outbox);
            return;
        }
        IpAddress destination = view.DestinationProtocol, source = view.SourceProtocol, outside = OutsideOf(via, arrival, view);
        bool natted = outside != view.SourceNbma;
        // Both behind one NAT, told apart by nothing on the underlay: the hub stays the way.
        NbmaPeer direct = DirectPeer(via, arrival, view, outside);
        if (natted && direct.Association == 0 && via.Nhss.AppearsAs(outside))
        {
            if (core.Complaints.IsNew(via.Key, NhrpComplaint.SameNat, source, now)) core.Logger.SameNat(via.Key, source, outside);
            Refuse(via, arrival, view, NhrpCieCode.AdministrativelyProhibited, outbox);
            return;
        }
        NhrpSummaryMap? summary = FindSummary(via, destination);
        IpPrefix prefix = AnswerPrefix(via, path, destination);
        if (!via.Answers.Add(prefix, source, natted ? arrival.From : direct, view.RequestId, via.Config.HoldTime, now))
        {
            core.Drops.Count(NhrpDrop.NoRoom);
            Refuse(via, arrival, view, NhrpCieCode.InsufficientResources, outbox);
            return;
        }
        var cie = new NhrpCie
        {
            PrefixLength = (byte)prefix.Length,
            Mtu = via.Mtu,
            HoldTime = via.HoldSeconds,
            Nbma = summary?.Nbma ?? via.Facts.NbmaSource,
            Protocol = via.SourceFor(destination),
            Preference = summary is { Preference: < 255 } ? summary.Preference : via.WirePreference,
        };
        NhrpFlags flags = view.Flags & (NhrpFlags.Router | NhrpFlags.SourceStable | NhrpFlags.Nat)
            | NhrpFlags.Authoritative | NhrpFlags.DestinationStable | NhrpFlags.Unique;
        LearnRequester(via, arrival, view, direct, natted, now, outbox);
        WriteReply(via, direct, view, flags, cie, outbox);
        // A NAT lets a stranger's packet in only to an address that was written to: so the reply goes by the hub as well, and the
        // direct one opens the own NAT for what the requester will send.
        if (natted && direct != arrival.From) WriteReply(via, arrival.From, view, flags, cie, outbox);
    }

    private void AnswerFromCache(NhrpInterface via, in NhrpArrival arrival, NhrpView view, NhrpMapping cached, Instant now, Outbox<NhrpEffect> outbox)
    {
        if ((view.Flags & NhrpFlags.Unique) != 0 && !cached.Unique)
        {
            Refuse(via, arrival, view, NhrpCieCode.BindingNotUnique, outbox);
            return;
        }
        TimeSpan left = cached.Expires.IsNever ? via.Config.HoldTime : cached.Expires - now;
        if (!via.Answers.Add(IpPrefix.Host(cached.Address), view.SourceProtocol, arrival.From, view.RequestId, left, now))
        {
            Refuse(via, arrival, view, NhrpCieCode.InsufficientResources, outbox);
            return;
        }
        cached.Hits++;
        NhrpFlags flags = view.Flags & (NhrpFlags.Router | NhrpFlags.SourceStable | NhrpFlags.Nat)
            | (cached.Authoritative ? NhrpFlags.Authoritative : NhrpFlags.None) | (cached.Unique ? NhrpFlags.Unique : NhrpFlags.None);
        // "The amount of time remaining", not what was registered (5.2.2).
        WriteReply(via, arrival.From, view, flags, new NhrpCie
        {
            PrefixLength = (byte)via.Width,
            Mtu = cached.Mtu,
            HoldTime = (ushort)Math.Clamp(left.TotalSeconds, 1, ushort.MaxValue),
            Nbma = cached.Peer.Address,
            Protocol = cached.Address,
            Preference = cached.Preference == 255 ? (byte)0 : cached.Preference,
        }, outbox);
    }

    private void Refuse(NhrpInterface via, in NhrpArrival arrival, NhrpView view, NhrpCieCode code, Outbox<NhrpEffect> outbox)
    {
        core.Logger.ResolutionDenied(via.Key, view.SourceProtocol, view.DestinationProtocol, code);
        NhrpFlags flags = view.Flags & (NhrpFlags.Router | NhrpFlags.SourceStable | NhrpFlags.Nat) | NhrpFlags.Authoritative;
        WriteReply(via, arrival.From, view, flags, new NhrpCie { Code = code }, outbox);
    }

    private void WriteReply(NhrpInterface via, NbmaPeer to, NhrpView view, NhrpFlags flags, in NhrpCie cie, Outbox<NhrpEffect> outbox)
    {
        var writer = new NhrpWriter(NhrpSender.Room(outbox), view.Header with { Type = NhrpPacketType.ResolutionReply, Flags = flags, HopCount = NhrpSpec.HopCount });
        writer.Cie(cie);
        NhrpSender.CopyExtensions(ref writer, view, via, new ExtensionEdits { Responder = via.Record(0) });
        core.Sender.Transmit(via, to, NhrpPacketType.ResolutionReply, ref writer, outbox);
    }

    /// <summary>Addresses that no way through the tunnel leads to, whatever the routing table says of them; link-local ones are the tunnel's own or nobody's.</summary>
    private bool IsOfNobody(NhrpInterface via, IpAddress destination, in NhrpPath path)
    {
        if (destination.IsUnspecified || destination.IsMulticast || destination.IsLoopback || via.IsBroadcast(destination)) return true;
        if (!destination.IsLinkLocal || core.IsOwn(destination)) return false;
        return destination.IsIPv4 ? !via.IsOnSubnet(destination) : path.Kind != NhrpPathKind.Hop;
    }

    /// <summary>The requester's address outside of its NAT: as a transit NHS wrote it, or as seen.</summary>
    private IpAddress OutsideOf(NhrpInterface via, in NhrpArrival arrival, NhrpView view)
    {
        if (!IsRelayed(via, arrival, view)) return arrival.From.Address;
        if (view.TryGetExtension(NhrpExtensionType.NatAddress, out NhrpExtensionView nat) && !nat.IsCompulsory && nat.TryGetCies(out NhrpCieList entries))
        {
            foreach (NhrpCieView entry in entries)
            {
                NhrpCie cie = entry.ToCie();
                if (cie.Protocol.Ip == view.SourceProtocol && !cie.Nbma.Ip.IsUnspecified) return cie.Nbma.Ip;
            }
        }
        return view.SourceNbma;
    }

    /// <summary>
    /// True when the packet came by way of another. A record of a transit NHS proves nothing, whoever asks can write one; without protection it is all there is.
    /// </summary>
    private bool IsRelayed(NhrpInterface via, in NhrpArrival arrival, NhrpView view) =>
        core.Trust.IsTransit(via, arrival.From, view.SourceProtocol) || arrival.From.Association == 0 && !IsFirstHop(view);

    /// <summary>True while no NHS has recorded itself: then the packet came from the requester itself.</summary>
    private static bool IsFirstHop(NhrpView view) =>
        view.TryGetExtension(NhrpExtensionType.ForwardTransitNhs, out NhrpExtensionView records) && records.Value.IsEmpty;

    private NbmaPeer DirectPeer(NhrpInterface via, in NhrpArrival arrival, NhrpView view, IpAddress outside)
    {
        if (!IsRelayed(via, arrival, view) && arrival.From.Address == outside) return arrival.From;
        if (via.Cache.Find(view.SourceProtocol) is { } known && known.Peer.Address == outside) return known.Peer;
        // Another underlay family, or nothing at all: only the way back is left.
        if (outside.IsUnspecified || outside.IsIPv4 != via.Facts.NbmaSource.IsIPv4) return arrival.From;
        var peer = new NbmaPeer(outside);
        // Whoever is there must be one that may be the requester: the answer names this router's own address, and a request id.
        return core.Identities.Bind(via, view.SourceProtocol, asServer: false, isConfigured: false, ref peer) is NhrpBinding.Open or NhrpBinding.Bound ? peer : arrival.From;
    }

    /// <summary>
    /// The requester's own mapping may be kept when it says that it is stable and for how long (6.2.1). Not behind NAT: before it has sent
    /// something itself, nothing would get through to it. And not from just anybody: a request that did not come by way of a configured
    /// station only renews what is known already, or every member could take any other's address.
    /// </summary>
    private void LearnRequester(NhrpInterface via, in NhrpArrival arrival, NhrpView view, NbmaPeer direct, bool natted, Instant now, Outbox<NhrpEffect> outbox)
    {
        IpAddress source = view.SourceProtocol;
        if (natted || (view.Flags & NhrpFlags.SourceStable) == 0 || via.Config.NonCaching || direct.Address != view.SourceNbma) return;
        NhrpCieList cies = view.Cies;
        if (!cies.MoveNext() || cies.Current.ToCie() is not { HoldTime: > 0 } cie) return;
        NhrpMapping? known = via.Cache.Find(source);
        if (known is null && via.Cache.CountOf(direct) >= NhrpLimits.MappingsPerPeer) return;
        // An association that has the address keeps it.
        if (known is { Peer.Association: not 0 } bound && direct.Association == 0 && core.Identities.IsLive(bound.Peer)) return;
        if (known is { Origin: not NhrpOrigin.Implicit } || !via.Statics.IsConfigured(arrival.From) && (known?.Peer != direct || known.Claimed != view.SourceNbma)) return;
        if (via.Cache.MappingCount >= NhrpLimits.MaximumMappings) return;
        NhrpMapping mapping = via.Cache.Put(source, direct, view.SourceNbma, NhrpOrigin.Implicit, now, outbox);
        mapping.Mtu = cie.Mtu;
        mapping.RequestId = view.RequestId;
        via.Cache.SetLifetime(mapping, NhrpLimits.HoldOf(cie.HoldTime), now);
    }

    /// <summary>What a transit NHS knows and the other end cannot: the address outside of the requester's, or the answering station's, NAT.</summary>
    /// <remarks>A station that has proved itself is believed nothing about its own outer address: it would have others call whom it likes.</remarks>
    private NhrpCie? NatEntry(NhrpInterface via, in NhrpArrival arrival, NhrpView view, out IpAddress without)
    {
        without = IpAddress.None;
        if (view.Type is not (NhrpPacketType.ResolutionRequest or NhrpPacketType.ResolutionReply)) return null;
        if (!view.TryGetExtension(NhrpExtensionType.NatAddress, out NhrpExtensionView nat) || nat.IsCompulsory || !nat.TryGetCies(out NhrpCieList entries)) return null;
        IpAddress address = view.SourceProtocol, claimed = view.SourceNbma;
        if (view.Type == NhrpPacketType.ResolutionReply)
        {
            NhrpCieList cies = view.Cies;
            if (!cies.MoveNext()) return null;
            NhrpCie cie = cies.Current.ToCie();
            if (cie.Code != NhrpCieCode.Success) return null;
            (address, claimed) = (cie.Protocol.Ip, cie.Nbma.Ip);
        }
        IpAddress outside = via.Cache.Find(address) is { Origin: NhrpOrigin.Registered } registered ? registered.Peer.Address
            : view.Type == NhrpPacketType.ResolutionRequest && IsFirstHop(view) ? arrival.From.Address : claimed;
        if (arrival.From.Association != 0 && !core.Trust.IsTransit(via, arrival.From, address)) without = address;
        if (outside == claimed) return null;
        if (!without.IsNone) return new NhrpCie { PrefixLength = (byte)via.Width, Mtu = via.Mtu, Nbma = outside, Protocol = address };
        // A reply has the request's entry, which is the requester's: the answering station's comes beside it.
        foreach (NhrpCieView entry in entries)
        {
            if (entry.ToCie().Protocol.Ip == address) return null;
        }
        return new NhrpCie { PrefixLength = (byte)via.Width, Mtu = via.Mtu, Nbma = outside, Protocol = address };
    }

    private bool HasOwn(NhrpView view, NhrpExtensionType type)
    {
        if (!view.TryGetExtension(type, out NhrpExtensionView extension) || !extension.TryGetCies(out NhrpCieList records)) return false;
        foreach (NhrpCieView record in records)
        {
            if (core.IsOwn(record.ToCie().Protocol.Ip)) return true;
        }
        return false;
    }

    private static NhrpMapping? FindCached(NhrpInterface via, IpAddress destination) =>
        via.Cache.Find(destination) is { Origin: not NhrpOrigin.Implicit } mapping ? mapping : null;

    private static NhrpSummaryMap? FindSummary(NhrpInterface via, IpAddress destination)
    {
        NhrpSummaryMap? best = null;
        foreach (NhrpSummaryMap map in via.Config.SummaryMaps.AsSpan())
        {
            if (map.Prefix.Contains(destination) && (best is null || map.Prefix.Length > best.Prefix.Length)) best = map;
        }
        return best;
    }
}
