using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>
/// The NHS's side of registration (RFC 2332 5.2.3 and 5.2.4): every client information entry becomes a mapping, or is refused with a code; the
/// reply is the request with codes and extensions filled in, sent straight back to where the request came from.
/// </summary>
internal sealed class RegistrationServer(NhrpCore core)
{
    public void HandleRequest(NhrpInterface via, in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        IpAddress source = view.SourceProtocol, destination = view.DestinationProtocol;
        // A client that does not know its NHS puts its own address (RFC), nothing, or the broadcast address (FRR) there.
        if (destination != source && !destination.IsUnspecified && !core.IsOwn(destination) && !via.IsBroadcast(destination))
        {
            core.ResolutionServer.Forward(via, arrival, view, destination, default, now, outbox);
            return;
        }
        if (ResolutionServer.FindUnrecognized(view) is { } offset)
        {
            core.Drops.Count(NhrpDrop.UnrecognizedExtension);
            core.Sender.Error(arrival, via, view, NhrpErrorCode.UnrecognizedExtension, offset, now, outbox);
            return;
        }
        if (view.Cies.IsEmpty)
        {
            core.Drops.Count(NhrpDrop.NoClientEntry);
            core.Sender.Error(arrival, via, view, NhrpErrorCode.ProtocolError, view.BodyOffset, now, outbox);
            return;
        }
        Reply(via, arrival, view, now, outbox);
    }

    /// <summary>A client takes its registration back (RFC 2332 5.2.5): only what came from the same peer.</summary>
    public void HandlePurge(NhrpInterface via, in NhrpArrival arrival, NhrpMapping mapping, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (!mapping.Peer.IsSameAs(arrival.From))
        {
            core.Drops.Count(NhrpDrop.PurgeNotAllowed);
            return;
        }
        if (core.PeerLines.TryTake(now)) core.Logger.RegistrationPurged(via.Key, mapping.Address, mapping.Peer);
        via.Cache.Remove(mapping, now, outbox);
    }

    private void Reply(NhrpInterface via, in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        NhrpHeader request = view.Header;
        bool natted = arrival.From.Address != view.SourceNbma;
        var edits = new ExtensionEdits { Responder = via.Record((byte)via.Width) };
        if (natted)
        {
            edits.Nat = new NhrpCie
            {
                PrefixLength = (byte)via.Width,
                Mtu = via.Mtu,
                Nbma = arrival.From.Address,
                Protocol = request.SourceProtocol,
            };
        }
        bool unique = (view.Flags & NhrpFlags.RegistrationUnique) != 0, first = true;
        NhrpHeader reply = request with { Type = NhrpPacketType.RegistrationReply, HopCount = NhrpSpec.HopCount };
        // A client that does not know its server's address learns it: IOS's from the responder, FRR's from the destination.
        if (!core.IsOwn(view.DestinationProtocol)) reply = reply with { DestinationProtocol = via.RecordAddress };
        var writer = new NhrpWriter(NhrpSender.Room(outbox), reply);
        // Mappings are made after the reply is on its way: a full outbox arena may move, and effects of the mapping come behind the reply.
        Span<NhrpCieCode> codes = stackalloc NhrpCieCode[16];
        int count = 0;
        foreach (NhrpCieView entry in view.Cies)
        {
            NhrpCie cie = entry.ToCie();
            NhrpCieCode code = count == codes.Length ? NhrpCieCode.InsufficientResources
                : unique && !first ? NhrpCieCode.AdministrativelyProhibited
                : Judge(via, arrival, view, cie, unique, now);
            if (count < codes.Length) codes[count++] = code;
            // "This field must be set to 0 on a NAK" (5.2.0.1), and IOS echoes the rest.
            writer.Cie(code == NhrpCieCode.Success ? cie with { Code = code } : cie with { Code = code, HoldTime = 0 });
            first = false;
        }
        NhrpSender.CopyExtensions(ref writer, view, via, edits);
        core.Sender.Transmit(via, arrival.From, NhrpPacketType.RegistrationReply, ref writer, outbox);
        count = 0;
        foreach (NhrpCieView entry in view.Cies)
        {
            if (count == codes.Length) break;
            NhrpCieCode code = codes[count++];
            if (code == NhrpCieCode.Success) Register(via, arrival, view, entry.ToCie(), unique, now, outbox);
            else if (core.PeerLines.TryTake(now)) core.Logger.RegistrationRefused(via.Key, view.SourceProtocol, arrival.From, code);
        }
    }

    private NhrpCieCode Judge(NhrpInterface via, in NhrpArrival arrival, NhrpView view, in NhrpCie cie, bool unique, Instant now)
    {
        IpAddress address = ClientAddress(view, cie);
        if (address.IsIPv4 == via.Key.IPv6 || address.IsUnspecified || address.IsMulticast || address.IsLoopback || via.IsBroadcast(address)
            || via.IsNetworkAddress(address) || IsOfThisMachine(address) || !IsUnicast(ClientNbma(view, cie)))
        {
            core.Drops.Count(NhrpDrop.IllegalAddress);
            return NhrpCieCode.AdministrativelyProhibited;
        }
        // A station registers itself. Networks behind it are resolved, not registered: a client must not draw others' traffic.
        if (cie.PrefixLength is not 0 and not 255 && cie.PrefixLength < via.Width)
        {
            core.Drops.Count(NhrpDrop.RegistrationProhibited);
            return NhrpCieCode.AdministrativelyProhibited;
        }
        NhrpMapping? existing = via.Cache.Find(address);
        if (existing is not { Origin: NhrpOrigin.Static } && !via.IsTunnelAddress(address))
        {
            core.Drops.Count(NhrpDrop.RegistrationProhibited);
            return NhrpCieCode.AdministrativelyProhibited;
        }
        if (existing is not { Origin: NhrpOrigin.Static } && !MayRegister(via, arrival.From, existing, address, now))
        {
            return existing is null ? NhrpCieCode.AdministrativelyProhibited : NhrpCieCode.UniqueAddressRegistered;
        }
        if (existing is not { Origin: NhrpOrigin.Static } && (existing?.Origin != NhrpOrigin.Registered || existing.Peer != arrival.From) && IsFull(via, arrival.From, now))
        {
            return NhrpCieCode.InsufficientResources;
        }
        if (existing is null)
        {
            if (via.Cache.MappingCount < NhrpLimits.MaximumMappings) return NhrpCieCode.Success;
            core.Drops.Count(NhrpDrop.NoRoom);
            return NhrpCieCode.InsufficientResources;
        }
        if (existing.Origin == NhrpOrigin.Static)
        {
            if (existing.Peer.Address == arrival.From.Address) return NhrpCieCode.Success;
            core.Drops.Count(NhrpDrop.RegistrationProhibited);
            return NhrpCieCode.AdministrativelyProhibited;
        }
        if (existing.Origin != NhrpOrigin.Registered || !existing.Unique || IsSame(existing, arrival, ClientNbma(view, cie))) return NhrpCieCode.Success;
        // RFC 2332 5.2.3 refuses a unique registration of a unique address. One without the bit would take it over all the same, so it is refused too.
        core.Drops.Count(NhrpDrop.UniqueAddress);
        return NhrpCieCode.UniqueAddressRegistered;
    }

    /// <summary>What a server only heard of goes before nobody's own word: who registers is there.</summary>
    private bool MayRegister(NhrpInterface via, NbmaPeer from, NhrpMapping? existing, IpAddress address, Instant now) =>
        existing is { Peer.Association: 0 } ? core.Identities.IsCertified(via, from, address, now) : core.Identities.MayClaim(via, from, address, now);

    private bool IsFull(NhrpInterface via, NbmaPeer from, Instant now)
    {
        int limit = from.Association != 0 ? NhrpLimits.RegistrationsPerPeer : NhrpLimits.RegistrationsPerAddress, has = via.Cache.RegisteredOf(from);
        // A server that passes registrations on has many.
        if (has < limit || NhrpTrust.IsServer(via, from)) return false;
        core.Drops.Count(NhrpDrop.Quota);
        if (core.Complaints.IsNew(via.Key, NhrpComplaint.Quota, from.Address, now)) core.Logger.QuotaFull(via.Key, core.Identities.NameOf(from), from, has, "registrations");
        return true;
    }

    /// <summary>Addresses of other interfaces too. Link-local ones of IPv6 are each interface's own matter.</summary>
    private bool IsOfThisMachine(IpAddress address) => core.IsOwn(address)
        || (address.IsIPv4 || !address.IsLinkLocal) && core.Routes.TryLookup(address, withShortcuts: false, out RouteView route) && route.Kind == RouteKind.Local;

    private static bool IsUnicast(IpAddress nbma) => !nbma.IsUnspecified && !nbma.IsMulticast && !nbma.IsLimitedBroadcast && !nbma.IsLoopback;

    /// <summary>
    /// With an association the peer is its identity, and may move; without one it is its two addresses, so that another spoke behind the
    /// same NAT is another one.
    /// </summary>
    private bool IsSame(NhrpMapping existing, in NhrpArrival arrival, IpAddress claimed) => existing.Peer.Association != 0
        ? core.Identities.IsSameStation(existing.Peer, arrival.From)
        : existing.Peer == arrival.From && existing.Claimed == claimed;

    private void Register(NhrpInterface via, in NhrpArrival arrival, NhrpView view, in NhrpCie cie, bool unique, Instant now, Outbox<NhrpEffect> outbox)
    {
        IpAddress address = ClientAddress(view, cie), claimed = ClientNbma(view, cie);
        NhrpMapping? existing = via.Cache.Find(address);
        if (existing is { Origin: NhrpOrigin.Static }) return;
        if (cie.HoldTime == 0)
        {
            // Nothing may be kept for no time (6.2.1); a client that says so takes its registration back.
            if (existing is { Origin: NhrpOrigin.Registered }) via.Cache.Remove(existing, now, outbox);
            return;
        }
        bool moved = existing is not null && existing.Peer != arrival.From;
        bool isNew = existing is null || existing.Origin != NhrpOrigin.Registered;
        if (isNew && core.PeerLines.TryTake(now)) core.Logger.Registered(via.Key, address, arrival.From, claimed, cie.HoldTime);
        if (moved) via.Answers.Purge(IpPrefix.Host(address), now, outbox);
        NhrpMapping mapping = via.Cache.Put(address, arrival.From, claimed, NhrpOrigin.Registered, now, outbox);
        mapping.Unique = unique;
        mapping.Authoritative = true;
        mapping.RequestId = view.RequestId;
        mapping.Mtu = cie.Mtu;
        mapping.Preference = cie.Preference;
        via.Cache.SetLifetime(mapping, NhrpLimits.HoldOf(cie.HoldTime), now);
    }

    private static IpAddress ClientAddress(NhrpView view, in NhrpCie cie) => cie.Protocol.IsEmpty ? view.SourceProtocol : cie.Protocol.Ip;

    private static IpAddress ClientNbma(NhrpView view, in NhrpCie cie) => cie.Nbma.IsEmpty ? view.SourceNbma : cie.Nbma.Ip;
}
