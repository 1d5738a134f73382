using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Nhrp;

/// <summary>What to do with the extensions of a packet that is answered or forwarded.</summary>
internal struct ExtensionEdits
{
    /// <summary>Fill the responder address extension with this record (replies made here).</summary>
    public NhrpCie? Responder;

    /// <summary>Append this record to the forward transit extension (requests that pass).</summary>
    public NhrpCie? Forward;

    /// <summary>Append this record to the reverse transit extension (replies that pass).</summary>
    public NhrpCie? Reverse;

    /// <summary>Append this entry to the NAT address extension.</summary>
    public NhrpCie? Nat;

    /// <summary>Leave entries for this station out of the NAT address extension: it wrote them itself.</summary>
    public IpAddress WithoutNatOf;
}

/// <summary>Writes packets into the outbox: heads, extensions with authentication regenerated, Error Indications within their limit.</summary>
internal sealed class NhrpSender(NhrpCore core)
{
    private readonly Dictionary<NbmaPeer, (Instant Until, int Count)> _errors = [];

    /// <summary>The head of a packet that starts on this interface.</summary>
    public static NhrpHeader Head(NhrpInterface via, NhrpPacketType type, NhrpFlags flags, uint requestId, IpAddress source, IpAddress destination) => new()
    {
        AddressFamily = via.Facts.NbmaSource.IsIPv4 ? NhrpSpec.AfnIPv4 : NhrpSpec.AfnIPv6,
        ProtocolType = via.Key.IPv6 ? NhrpSpec.ProtocolIPv6 : NhrpSpec.ProtocolIPv4,
        Type = type,
        Flags = flags,
        RequestId = requestId,
        SourceNbma = via.Facts.NbmaSource,
        SourceProtocol = NhrpAddress.Explicit(source),
        DestinationProtocol = NhrpAddress.Explicit(destination),
    };

    /// <summary>Room for one packet at the end of the outbox's arena.</summary>
    public static Span<byte> Room(Outbox<NhrpEffect> outbox) => outbox.Reserve(NhrpLimits.MaximumPacket);

    /// <summary>Finishes a packet in <see cref="Room"/> and sends it.</summary>
    public bool Transmit(NhrpInterface via, NbmaPeer to, NhrpPacketType type, ref NhrpWriter writer, Outbox<NhrpEffect> outbox)
    {
        if (!writer.TryFinish(out int length))
        {
            core.Drops.Count(NhrpDrop.TooBig);
            return false;
        }
        ByteRange range = outbox.Commit(length);
        outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.Transmit, Key = via.Key, Peer = to, Bytes = range });
        via.Sent[(int)type]++;
        via.Sent[0]++;
        if (core.Logger.IsEnabled(LogLevel.Debug) && NhrpView.TryParse(outbox.Bytes(range), out NhrpView view, out _))
        {
            core.Logger.PacketSent(NhrpText.NameOf(type), via.Key, to, length, NhrpText.Format(view));
        }
        return true;
    }

    /// <summary>The extensions that IOS puts into requests of its own, in its order: 3, 4, 5, 7, 9, 0.</summary>
    public static void WriteExtensions(ref NhrpWriter writer, NhrpInterface via, bool responder, in NhrpCie? nat)
    {
        writer.BeginExtensions();
        if (responder) writer.Extension(NhrpExtensionType.ResponderAddress);
        if (via.Config.Record)
        {
            writer.Extension(NhrpExtensionType.ForwardTransitNhs);
            writer.Extension(NhrpExtensionType.ReverseTransitNhs);
        }
        if (via.Authentication.Length > 0) writer.Authentication(via.Authentication);
        int mark = writer.OpenExtension(NhrpWriter.RawType(NhrpExtensionType.NatAddress, false));
        if (nat is { } entry) writer.Cie(entry);
        writer.CloseExtension(mark);
        writer.Extension(NhrpExtensionType.End);
    }

    /// <summary>
    /// Copies the extensions of a packet in their order (RFC 2332 5.3: an NHS must not change it), edits some, and puts this hop's
    /// authentication in place of the last hop's (5.3.4).
    /// </summary>
    public static void CopyExtensions(ref NhrpWriter writer, NhrpView view, NhrpInterface towards, in ExtensionEdits edits)
    {
        if (view.ExtensionOffset == 0 && towards.Authentication.Length == 0) return;
        writer.BeginExtensions();
        bool authenticated = towards.Authentication.Length == 0;
        foreach (NhrpExtensionView extension in view.Extensions)
        {
            if (extension.Type == NhrpExtensionType.End) break;
            if (extension.Type == NhrpExtensionType.Authentication)
            {
                if (!authenticated) writer.Authentication(towards.Authentication);
                authenticated = true;
                continue;
            }
            int mark = writer.OpenExtension(extension.RawType);
            NhrpCie? added = null;
            bool replaces = false;
            switch (extension.Type)
            {
                case NhrpExtensionType.ResponderAddress:
                    added = edits.Responder;
                    replaces = added is not null;
                    break;
                case NhrpExtensionType.ForwardTransitNhs:
                    added = edits.Forward;
                    break;
                case NhrpExtensionType.ReverseTransitNhs:
                    added = edits.Reverse;
                    break;
                case NhrpExtensionType.NatAddress when !extension.IsCompulsory:
                    added = edits.Nat;
                    break;
                default:
                    break;
            }
            if (extension.Type == NhrpExtensionType.NatAddress && !extension.IsCompulsory && !edits.WithoutNatOf.IsNone) CopyNatEntries(ref writer, extension, edits.WithoutNatOf);
            else if (!replaces) writer.Raw(extension.Value);
            if (added is { } entry) writer.Cie(entry);
            writer.CloseExtension(mark);
        }
        if (!authenticated) writer.Authentication(towards.Authentication);
        writer.Extension(NhrpExtensionType.End);
    }

    private static void CopyNatEntries(ref NhrpWriter writer, NhrpExtensionView extension, IpAddress without)
    {
        if (!extension.TryGetCies(out NhrpCieList entries)) return;
        foreach (NhrpCieView entry in entries)
        {
            if (entry.ToCie().Protocol.Ip != without) writer.Raw(entry.Bytes);
        }
    }

    /// <summary>
    /// Answers a packet with an Error Indication, unless it is one itself or its sender has had enough (RFC 2332 5.2.7). It goes back
    /// the way the packet came, without extensions, with the head of the offender.
    /// </summary>
    public void Error(in NhrpArrival arrival, NhrpInterface via, NhrpView offender, NhrpErrorCode code, int offset, Instant now, Outbox<NhrpEffect> outbox)
    {
        core.Logger.ErrorFound(via.Key, arrival.From, code, offset);
        if (offender.Type == NhrpPacketType.ErrorIndication) return;
        if (!TakeError(arrival.From, now))
        {
            core.Drops.Count(NhrpDrop.ErrorRateLimit);
            return;
        }
        // To "the station which sent the packet" (5.2.7): a reply's source address is that of who asked.
        bool reply = offender.Type is NhrpPacketType.ResolutionReply or NhrpPacketType.RegistrationReply or NhrpPacketType.PurgeReply;
        IpAddress sender = reply ? offender.DestinationProtocol : offender.SourceProtocol;
        NhrpHeader head = Head(via, NhrpPacketType.ErrorIndication, NhrpFlags.None, 0, via.Address, sender) with { ErrorCode = code, ErrorOffset = (ushort)offset };
        var writer = new NhrpWriter(Room(outbox), head);
        int end = offender.ExtensionOffset == 0 ? offender.PacketSize : offender.ExtensionOffset;
        writer.Raw(offender.Bytes[..Math.Min(end, NhrpLimits.OffenderLength)]);
        Transmit(via, arrival.From, NhrpPacketType.ErrorIndication, ref writer, outbox);
    }

    private bool TakeError(NbmaPeer peer, Instant now)
    {
        if (_errors.Count >= NhrpLimits.MaximumErrorPeers) _errors.Clear();
        (Instant Until, int Count) state = _errors.GetValueOrDefault(peer);
        if (now >= state.Until) state = (now + NhrpLimits.ErrorInterval, 0);
        _errors[peer] = (state.Until, state.Count + 1);
        return state.Count < NhrpLimits.ErrorsPerInterval;
    }
}
