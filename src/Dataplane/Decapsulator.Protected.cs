using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Ipsec;
using Dmvpn.Wire;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Dataplane;

// What comes by the ports of a protected source: IKE to its mailbox, ESP opened and then treated like any GRE packet, with the peer that its SA is of.
public sealed partial class Decapsulator
{
    private readonly ControlMailbox? _ikeMailbox;
    private readonly SecurityTable? _security;

    // Apart: a flood of SPIs that nobody has must not keep back what members' packets said.
    private readonly RateLimitTable _strangers = new();
    private readonly RateLimitTable _securityEvents = new();
    private readonly byte[] _ikeMessage = new byte[SecurityEnvelope.Length + DataplaneLimits.LongestIkeMessage];

    /// <summary>Takes one batch from each of the source's ports for IKE and ESP. Returns the largest number of packets that one had.</summary>
    public int RunProtected(ForwardingSnapshot snapshot, Underlay underlay, SecurityPorts ports, Instant now, Encapsulator? relay = null)
    {
        _relay = relay;
        int most = RunEsp(ports.Esp, 0, snapshot, underlay, now);
        most = Math.Max(most, RunEsp(ports.Nat, IkeSpec.NatPort, snapshot, underlay, now));
        if (_worker != 0) return most;
        int ike = ports.Ike.Receive(_batch);
        for (int i = 0; i < ike; i++) PostIke(_batch[i], _batch[i].Data, IkeSpec.Port, underlay, now);
        return Math.Max(most, ike);
    }

    private int RunEsp(ValueList<IDatagramPort> ports, ushort localPort, ForwardingSnapshot snapshot, Underlay underlay, Instant now)
    {
        int count = ports[_worker].Receive(_batch);
        if (count == 0) return 0;
        GreDemux? demux = snapshot.Demux(underlay);
        TunnelSnapshot? tunnel = null;
        InboundSa? lastSa = null;
        uint? lastKey = null;
        for (int i = 0; i < count; i++)
        {
            ref PacketSlot slot = ref _batch[i];
            if (localPort != 0 && IsForIke(slot, underlay, now)) continue;
            if (!TryOpen(ref slot, localPort, ports.Count, underlay, now, out InboundSa? sa)) continue;
            if (!GreView.TryParse(slot.Data, out GreView gre, out Malformed malformed))
            {
                underlay.Drops.Count(malformed == Malformed.BadChecksum ? DataplaneDrop.InChecksum : DataplaneDrop.InMalformedGre);
                continue;
            }
            // Packets of one peer follow each other.
            uint? key = gre.Key;
            TunnelSnapshot? found = ReferenceEquals(sa, lastSa) && key == lastKey ? tunnel : FindTunnel(slot, sa!, key, demux, snapshot, underlay, now);
            if (found is null) continue;
            if (!ReferenceEquals(tunnel, found)) Settle(tunnel, now);
            (tunnel, lastSa, lastKey) = (found, sa, key);
            Deliver(ref slot, gre, tunnel, snapshot, now);
        }
        Settle(tunnel, now);
        _relay?.FlushRelayed(now);
        return count;
    }

    /// <summary>RFC 3948 2.2 and 2.3: four zeros mark IKE, a lone 0xFF is a keepalive.</summary>
    private bool IsForIke(in PacketSlot slot, Underlay underlay, Instant now)
    {
        ReadOnlySpan<byte> data = slot.Data;
        if (data.Length == 1 && data[0] == EspSpec.NatKeepalive) return true;
        if (data.Length < IkeSpec.NonEspMarkerLength || BinaryPrimitives.ReadUInt32BigEndian(data) != 0) return false;
        PostIke(slot, data[IkeSpec.NonEspMarkerLength..], IkeSpec.NatPort, underlay, now);
        return true;
    }

    private void PostIke(in PacketSlot slot, ReadOnlySpan<byte> message, ushort localPort, Underlay underlay, Instant now)
    {
        bool posted = false;
        if (_ikeMailbox is not null && message.Length <= DataplaneLimits.LongestIkeMessage)
        {
            new SecurityEnvelope(underlay.Number, localPort, slot.Port, 0).Write(_ikeMessage);
            message.CopyTo(_ikeMessage.AsSpan(SecurityEnvelope.Length));
            posted = _ikeMailbox.TryWrite(
                ControlKind.Ike, default, new NbmaPeer(slot.Peer), underlay.LocalAddress, _ikeMessage.AsSpan(0, SecurityEnvelope.Length + message.Length), now);
        }
        if (!posted) underlay.Drops.Count(DataplaneDrop.InIkeMailboxFull);
    }

    private unsafe bool TryOpen(ref PacketSlot slot, ushort localPort, int workers, Underlay underlay, Instant now, out InboundSa? sa)
    {
        sa = null;
        if (!EspView.TryParse(slot.Data, out EspView esp, out _))
        {
            underlay.Drops.Count(DataplaneDrop.InMalformedEsp);
            return false;
        }
        // BEFORE anything of the SA is touched: another thread may be within it.
        if (SecurityPorts.WorkerOf(esp.Spi, workers) != _worker)
        {
            underlay.Drops.Count(DataplaneDrop.InOtherWorker);
            return false;
        }
        if (_security is null || !_security.TryFind(esp.Spi, out sa))
        {
            underlay.Drops.Count(DataplaneDrop.InUnknownSpi);
            ReportUnknown(slot, localPort, esp.Spi, underlay, now);
            return false;
        }
        EspResult result = EspPacket.Open(sa, slot.Pointer, slot.Length, ref slot.TrafficClass, now, out int offset, out int length, out bool isLatest);
        if (isLatest && localPort != 0) NoteEndpoint(slot, localPort, sa, underlay, now);
        if (result != EspResult.Good)
        {
            if (result == EspResult.Exhausted) Report(ControlKind.SaHardLimit, slot, localPort, sa.Spi, underlay, now);
            if (result != EspResult.Dummy) underlay.Drops.Count(Drop(result));
            return false;
        }
        if (sa.WantsRekey && Report(ControlKind.SaSoftLimit, slot, localPort, sa.Spi, underlay, now)) sa.NoteRekeyReported();
        slot.Offset += offset;
        slot.Length = length;
        // Where IKE knows it to be: a NAT that changed its mapping must not make it another peer.
        (slot.Peer, slot.Association) = (sa.Path.Remote, sa.Association);
        return true;
    }

    private void NoteEndpoint(in PacketSlot slot, ushort localPort, InboundSa sa, Underlay underlay, Instant now)
    {
        EspPath path = sa.Path;
        if (path.Remote == slot.Peer && path.RemotePort == slot.Port) return;
        Report(ControlKind.EndpointChanged, slot, localPort, sa.Spi, underlay, now);
    }

    private TunnelSnapshot? FindTunnel(
        in PacketSlot slot, InboundSa sa, uint? key, GreDemux? demux, ForwardingSnapshot snapshot, Underlay underlay, Instant now)
    {
        DataplaneDrop why = DataplaneDrop.InNoTunnel;
        if (demux is null || !demux.TryFind(key, slot.Peer, out int index, out why))
        {
            underlay.Drops.Count(why);
            Refuse(slot, why, key, underlay, now);
            return null;
        }
        TunnelSnapshot tunnel = snapshot.Tunnels[index];
        if (tunnel.Config.Protection == sa.Protection) return tunnel;
        tunnel.Counters.Drops.Count(DataplaneDrop.InWrongProtection);
        return null;
    }

    /// <summary>To IKE's own mailbox: anybody can cause it.</summary>
    private void ReportUnknown(in PacketSlot slot, ushort localPort, uint spi, Underlay underlay, Instant now)
    {
        if (_ikeMailbox is null || !_strangers.TryPass(FlowHash.Of(slot.Peer, IpAddress.FromBits(0, spi)), DataplaneLimits.UnresolvedInterval, now)) return;
        Write(_ikeMailbox, ControlKind.UnknownSpi, slot, localPort, spi, underlay, now);
    }

    /// <summary>Of an SA, after its ICV was right. True when it is in the mailbox.</summary>
    private bool Report(ControlKind kind, in PacketSlot slot, ushort localPort, uint spi, Underlay underlay, Instant now) =>
        _securityEvents.TryPass((ulong)kind << 32 | spi, DataplaneLimits.UnresolvedInterval, now) && Write(_mailbox, kind, slot, localPort, spi, underlay, now);

    private static bool Write(ControlMailbox mailbox, ControlKind kind, in PacketSlot slot, ushort localPort, uint spi, Underlay underlay, Instant now)
    {
        Span<byte> bytes = stackalloc byte[SecurityEnvelope.Length];
        new SecurityEnvelope(underlay.Number, localPort, slot.Port, spi).Write(bytes);
        if (mailbox.TryWrite(kind, default, new NbmaPeer(slot.Peer), underlay.LocalAddress, bytes, now)) return true;
        underlay.Drops.Count(DataplaneDrop.EventLost);
        return false;
    }

    private static DataplaneDrop Drop(EspResult result) => result switch
    {
        EspResult.Malformed => DataplaneDrop.InMalformedEsp,
        EspResult.Replayed => DataplaneDrop.InReplayed,
        EspResult.Forged => DataplaneDrop.InForged,
        EspResult.BadPadding => DataplaneDrop.InEspPadding,
        EspResult.Congested => DataplaneDrop.InEcn,
        EspResult.Exhausted => DataplaneDrop.InSaExhausted,
        _ => DataplaneDrop.InWrongSelector,
    };
}
