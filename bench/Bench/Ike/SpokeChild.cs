using Dmvpn.Bench.Nhrp;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ike;
using Dmvpn.Ipsec;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Bench.Ike;

/// <summary>A spoke's end of a child SA, as far as a registration needs it: transport mode, AES-GCM-128, ESP in UDP.</summary>
internal sealed unsafe class SpokeChild
{
    private static readonly EspSuite Suite = new(EncryptionId.AesGcm16, 128, IntegrityId.None, Esn: false);

    private readonly int _spoke;
    private readonly uint _spi;
    private readonly uint _hubSpi;
    private readonly byte[] _out;
    private readonly byte[] _in;

    private SpokeChild(int spoke, uint spi, uint hubSpi, byte[] outbound, byte[] inbound) => (_spoke, _spi, _hubSpi, _out, _in) = (spoke, spi, hubSpi, outbound, inbound);

    public static void WriteOffer(ref IkePayloadWriter writer, uint spi, IpAddress address)
    {
        writer.Notify(IkeNotifyType.UseTransportMode);
        writer.SecurityAssociation([new IkeProposal(1, IkeProtocolId.Esp, spi,
        [
            new(IkeTransformType.Encryption, (ushort)EncryptionId.AesGcm16, 128), new(IkeTransformType.ExtendedSequenceNumbers, 0),
        ])]);
        writer.TrafficSelectors(IkePayloadType.TrafficSelectorInitiator, [TrafficSelector.Gre(address)]);
        writer.TrafficSelectors(IkePayloadType.TrafficSelectorResponder, [TrafficSelector.Gre(BenchNetwork.HubUnderlay)]);
    }

    /// <summary>Null when the hub gave none.</summary>
    public static SpokeChild? Make(int spoke, uint spi, ChildMessage answer, PrfId prf, ReadOnlySpan<byte> skD, byte[] ni, byte[] nr)
    {
        if (!answer.HasSa) return null;
        ChildKeys keys = IkeKeySchedule.Child(prf, skD, Suite, default, ni, nr);
        var made = new SpokeChild(spoke, spi, (uint)answer.Proposals[0].Spi, keys.FromInitiator.Span.ToArray(), keys.FromResponder.Span.ToArray());
        keys.Dispose();
        return made;
    }

    /// <summary>A Registration Request in GRE in ESP.</summary>
    public byte[] Register()
    {
        using RequestSet requests = RequestSet.Registrations([_spoke]);
        ReadOnlySpan<byte> gre = new(requests.Pointer(0) + RequestSet.IpHeader, requests.Length - RequestSet.IpHeader);
        byte[] room = new byte[EspPacket.Headroom + gre.Length + EspPacket.Tailroom];
        gre.CopyTo(room.AsSpan(EspPacket.Headroom));
        using var sa = new OutboundSa(_hubSpi, Suite, new SecretBytes(_out), Path(_spoke), 1);
        fixed (byte* start = room)
        {
            int length = gre.Length;
            EspPacket.Seal(sa, 0, start + EspPacket.Headroom, ref length, 0, Instant.Zero, out int before);
            return [.. room.AsSpan(EspPacket.Headroom - before, length)];
        }
    }

    /// <summary>Is this the reply, and does it say yes?</summary>
    public bool IsRegistered(ReadOnlySpan<byte> packet)
    {
        using var sa = new InboundSa(_spi, Suite, _in, Path(_spoke), 0);
        byte[] copy = [.. packet, .. new byte[8]];
        byte trafficClass = 0;
        fixed (byte* start = copy)
        {
            if (EspPacket.Open(sa, start, packet.Length, ref trafficClass, Instant.Zero, out int offset, out int length, out _) != EspResult.Good) return false;
            if (!GreView.TryParse(new ReadOnlySpan<byte>(start + offset, length), out GreView gre, out _) || gre.Protocol != GreProtocol.Nhrp
                || !NhrpView.TryParse(gre.Payload, out NhrpView nhrp, out _) || nhrp.Type != NhrpPacketType.RegistrationReply) return false;
            foreach (NhrpCieView entry in nhrp.Cies)
            {
                if (entry.ToCie().Code != NhrpCieCode.Success) throw new InvalidDataException($"the hub refused a registration with code {entry.ToCie().Code}");
            }
            return true;
        }
    }

    private static EspPath Path(int spoke) => new(BenchNetwork.Underlay(spoke), BenchNetwork.HubUnderlay, IkeSpec.NatPort, true);
}
