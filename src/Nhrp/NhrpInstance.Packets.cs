using System.Buffers.Binary;
using System.Security.Cryptography;
using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>What every packet goes through, and who gets it then.</summary>
public sealed partial class NhrpInstance
{
    private static bool IsOurFamily(NhrpInterface via, NhrpView view)
    {
        ushort protocol = via.Key.IPv6 ? NhrpSpec.ProtocolIPv6 : NhrpSpec.ProtocolIPv4;
        if (view.ProtocolType != protocol || view.AddressFamily is not NhrpSpec.AfnIPv4 and not NhrpSpec.AfnIPv6) return false;
        // An IPv4-mapped address in 16 bytes is no IPv6 address on any wire; an address of another length is None.
        IpAddress source = view.SourceProtocol, destination = view.DestinationProtocol;
        return source.IsIPv6 == via.Key.IPv6 && destination.IsIPv6 == via.Key.IPv6 && !source.IsUnspecified && !source.IsMulticast
            && view.Bytes[20] == (via.Key.IPv6 ? 16 : 4) && view.Bytes[21] == (via.Key.IPv6 ? 16 : 4);
    }

    private bool CheckExtensions(NhrpInterface via, in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        uint seen = 0;
        bool authenticated = via.Authentication.Length == 0;
        foreach (NhrpExtensionView extension in view.Extensions)
        {
            uint bit = (int)extension.Type < 32 && extension.Type != NhrpExtensionType.VendorPrivate ? 1u << (int)extension.Type : 0;
            if ((seen & bit) != 0)
            {
                Drops.Count(NhrpDrop.DuplicateExtension);
                _core.Sender.Error(arrival, via, view, NhrpErrorCode.InvalidExtension, extension.Offset, now, outbox);
                return false;
            }
            seen |= bit;
            bool wantsEntries = extension.Type is >= NhrpExtensionType.ResponderAddress and <= NhrpExtensionType.ReverseTransitNhs
                || extension.Type == NhrpExtensionType.NatAddress && !extension.IsCompulsory;
            if (wantsEntries && !extension.TryGetCies(out _))
            {
                Drops.Count(NhrpDrop.InvalidExtension);
                _core.Sender.Error(arrival, via, view, NhrpErrorCode.InvalidExtension, extension.Offset, now, outbox);
                return false;
            }
            if (extension.Type == NhrpExtensionType.Authentication && !authenticated)
            {
                // Compared exactly: no padding, no NUL.
                authenticated = extension.TryGetCleartext(out ReadOnlySpan<byte> text) && CryptographicOperations.FixedTimeEquals(text, via.Authentication);
            }
        }
        // RFC 2332 5.2.7 allows no extension on an Error Indication, FRR sends none: it is believed only as far as it names one of our requests.
        if (authenticated || view.Type == NhrpPacketType.ErrorIndication && (seen & 1u << (int)NhrpExtensionType.Authentication) == 0) return true;
        Drops.Count(NhrpDrop.Authentication);
        if (_core.Complaints.IsNew(via.Key, NhrpComplaint.Authentication, arrival.From.Address, now) && _core.PeerLines.TryTake(now))
            _core.Logger.AuthenticationFailed(via.Key, arrival.From, (seen & 1u << (int)NhrpExtensionType.Authentication) == 0 ? "missing" : "another one");
        _core.Sender.Error(arrival, via, view, NhrpErrorCode.AuthenticationFailure, view.ExtensionOffset, now, outbox);
        return false;
    }

    private void Dispatch(NhrpInterface via, in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        switch (view.Type)
        {
            case NhrpPacketType.RegistrationRequest:
                _core.RegistrationServer.HandleRequest(via, arrival, view, now, outbox);
                break;
            case NhrpPacketType.RegistrationReply:
                if (!_core.IsOwn(view.SourceProtocol)) _core.ResolutionServer.Forward(via, arrival, view, view.SourceProtocol, default, now, outbox);
                else if (!via.Nhss.HandleReply(arrival, view, now, outbox)) Drops.Count(NhrpDrop.UnexpectedRegistrationReply);
                break;
            case NhrpPacketType.ResolutionRequest:
                _core.ResolutionServer.HandleRequest(via, arrival, view, now, outbox);
                break;
            case NhrpPacketType.ResolutionReply:
                HandleResolutionReply(via, arrival, view, now, outbox);
                break;
            case NhrpPacketType.PurgeRequest:
                // A client that does not know its NHS puts its own address there (RFC 2332 5.2.5).
                if (_core.IsOwn(view.DestinationProtocol) || view.DestinationProtocol == view.SourceProtocol) via.Purges.HandleRequest(arrival, view, now, outbox);
                else _core.ResolutionServer.Forward(via, arrival, view, view.DestinationProtocol, default, now, outbox);
                break;
            case NhrpPacketType.PurgeReply:
                if (_core.IsOwn(view.SourceProtocol)) via.Purges.HandleReply(arrival, view);
                else _core.ResolutionServer.Forward(via, arrival, view, view.SourceProtocol, default, now, outbox);
                break;
            case NhrpPacketType.ErrorIndication:
                HandleError(via, arrival, view, now, outbox);
                break;
            case NhrpPacketType.TrafficIndication:
                via.Redirects.HandleIndication(arrival, view, now, outbox);
                break;
            default:
                break;
        }
    }

    private void HandleResolutionReply(NhrpInterface via, in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (!_core.IsOwn(view.SourceProtocol))
        {
            _core.ResolutionServer.Forward(via, arrival, view, view.SourceProtocol, default, now, outbox);
            return;
        }
        foreach (NhrpInterface candidate in _core.Interfaces)
        {
            if (!candidate.Active || !NhrpCore.IsSameDomain(via, candidate) || candidate.Resolutions.Find(view.RequestId) is not { } resolution) continue;
            if (resolution.Destination != view.DestinationProtocol) break;
            candidate.Resolutions.HandleReply(resolution, arrival, view, now, outbox);
            return;
        }
        NhrpCieList cies = view.Cies;
        if (cies.MoveNext() && via.Cache.Find(cies.Current.ToCie().Protocol.Ip) is { } known && (known.RequestId == view.RequestId || known.IsServed || IsAnswered(via, view.DestinationProtocol, known)))
        {
            // A spoke behind NAT gets its reply directly and by the hub; both are right.
            Drops.Count(NhrpDrop.DuplicateReply);
            return;
        }
        Drops.Count(NhrpDrop.UnexpectedResolutionReply);
        _core.Sender.Error(arrival, via, view, NhrpErrorCode.InvalidResolutionReply, 0, now, outbox);
    }

    /// <summary>Another resolution by the same next hop came in between: the mapping has that one's id.</summary>
    private static bool IsAnswered(NhrpInterface via, IpAddress destination, NhrpMapping nextHop) =>
        nextHop.Address == destination || via.Cache.FindShortcut(destination)?.NextHop == nextHop;

    private void HandleError(NhrpInterface via, in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (_core.IsOwn(view.SourceProtocol))
        {
            // Our own, in a loop: "quietly drop" (5.2.7).
            Drops.Count(NhrpDrop.Loop);
            return;
        }
        if (!_core.IsOwn(view.DestinationProtocol))
        {
            _core.ResolutionServer.Forward(via, arrival, view, view.DestinationProtocol, default, now, outbox);
            return;
        }
        NhrpHeader head = view.Header;
        bool isNew = _core.Complaints.IsNew(via.Key, NhrpComplaint.ErrorIndication, arrival.From.Address, now);
        if (isNew && _core.PeerLines.TryTake(now)) _core.Logger.ErrorReceived(via.Key, view.SourceProtocol, arrival.From, head.ErrorCode, head.ErrorOffset);
        ReadOnlySpan<byte> offender = view.CarriedPacket;
        if (offender.Length < NhrpSpec.MinimumLength) return;
        uint requestId = BinaryPrimitives.ReadUInt32BigEndian(offender[24..]);
        switch ((NhrpPacketType)offender[17])
        {
            case NhrpPacketType.RegistrationRequest:
                via.Nhss.HandleError(arrival, requestId, head.ErrorCode, now);
                break;
            case NhrpPacketType.ResolutionRequest:
                if (via.Resolutions.Find(requestId) is { } resolution && _core.Trust.GetsTrafficTo(via, arrival.From, resolution.Destination)) via.Resolutions.Refuse(resolution, now);
                break;
            default:
                break;
        }
    }
}
