using Dmvpn.Core;
using Dmvpn.Wire.Ike;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Ike.Tests.Harness;

/// <summary>
/// A spoke with its hub (configured), a peer that it called, and a member that lies: with the keys of its own SA, from any source, and without keys about the SAs of others.
/// </summary>
internal sealed class LyingMember
{
    private static readonly DpdConfig Dpd = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), Periodic: true);

    public LyingMember()
    {
        Hub = Net.Add("H", "192.0.2.9", Configs.SharedKey("h") with { Dpd = Dpd });
        Other = Net.Add("V", "192.0.2.12", Configs.SharedKey("v") with { Dpd = Dpd });
        Spoke = Net.Add("S", "192.0.2.1", Configs.SharedKey("s") with { Dpd = Dpd });
        // It says that a NAT is in front of it, and does not know MOBIKE: the way by which ESP alone moves an SA.
        Member = Net.Add("M", "192.0.2.66", Configs.SharedKey("m") with { Dpd = Dpd, AlwaysUdp = true });
        Net.Rewrite = packet => packet is { IsIke: true, Exchange: IkeExchangeType.Auth } && packet.From == Member
            ? Net.Text.Rewrite(packet.Bytes, static list => [.. list.Where(static payload => payload.Notify != IkeNotifyType.MobikeSupported)]) : packet.Bytes;
        Spoke.Expect(Hub.Address);
        Spoke.Want(Hub);
        Spoke.Want(Other);
        Member.Want(Spoke);
        Net.Run(2);
        Assert.Equal(3, Spoke.Peers.Count);
        Spoke.Events.Clear();
    }

    public Net Net { get; } = new();

    public Node Hub { get; }

    public Node Other { get; }

    public Node Spoke { get; }

    public Node Member { get; }

    /// <summary>Its ESP with another source.</summary>
    public void Esp(IkeEndpoint from)
    {
        foreach (DataSa sa in Spoke.Live)
        {
            if (IdentityOf(sa) == "m.example.org") Spoke.Call((engine, now, outbox) => engine.OnEndpointChanged(sa.Install.InboundSpi, from, now, outbox));
        }
    }

    /// <summary>An INFORMATIONAL of its SA from another source.</summary>
    public void Say(IkeEndpoint from, params List<RawPayload> payloads) => Say(from, IkeExchangeType.Informational, response: false, null, payloads);

    /// <summary>Who is at the other end of an SA of the spoke's.</summary>
    public string IdentityOf(DataSa sa) => Spoke.Peers.TryGetValue(sa.Install.Peer.Association, out DataPeer? peer) ? peer.Identity.Id.ToString() : "";

    /// <summary>What must be true all the time.</summary>
    public void Check()
    {
        Assert.True(Spoke.BoundAt(Hub.Address) is "" or "h.example.org", $"{Spoke.BoundAt(Hub.Address)} is bound to the hub's address");
        Assert.True(Spoke.BoundAt(Other.Address) is "" or "v.example.org", $"{Spoke.BoundAt(Other.Address)} is bound to another peer's address");
        foreach (DataPeer peer in Spoke.Peers.Values)
        {
            Node? real = Net.Nodes.Find(node => $"{node.Name.ToLowerInvariant()}.example.org" == peer.Identity.Id.ToString());
            Assert.Equal(real?.Address, peer.Nbma.Address);
        }
        foreach (DataSa sa in Spoke.Sas.Values)
        {
            if (Spoke.Peers.TryGetValue(sa.Install.Peer.Association, out DataPeer? peer)) Assert.Equal(peer.Nbma.Address, sa.Path.Remote.Address);
        }
    }

    /// <summary>One lie, or something that gives a chance to lie.</summary>
    public void Any(SeededRandom random)
    {
        IpAddress[] places = [Hub.Address, Other.Address, Spoke.Address, Parse("203.0.113.7"), Member.Address];
        var from = new IkeEndpoint(places[random.Below(places.Length)], (ushort)(random.Below(3) == 0 ? 500 : 4500));
        byte[] named = new byte[4];
        places[random.Below(places.Length)].Write(named);
        byte[] noise = new byte[16];
        random.Fill(noise);
        switch (random.Below(12))
        {
            case 0:
                Esp(from);
                break;
            case 1:
                Say(from, RawPayload.Of(IkeNotifyType.UpdateSaAddresses));
                break;
            case 2:
                Say(from, RawPayload.Of(IkeNotifyType.UpdateSaAddresses), RawPayload.Of(IkeNotifyType.NatDetectionSourceIp, [.. noise, 1, 2, 3, 4]), RawPayload.Of(IkeNotifyType.NatDetectionDestinationIp, [.. noise, 1, 2, 3, 4]));
                break;
            case 3:
                Say(from, RawPayload.Of(IkeNotifyType.AdditionalIp4Address, named));
                break;
            case 4:
                Say(from, RawPayload.Of(IkeNotifyType.NoAdditionalAddresses));
                break;
            case 5:
                Say(from, []);
                break;
            case 6:
                // A cookie that it did not receive.
                Say(from, IkeExchangeType.Informational, response: true, (uint)random.Below(4), [RawPayload.Of(IkeNotifyType.Cookie2, noise)]);
                break;
            case 7:
                // Closes SAs of others, by SPIs that it saw on the wire.
                DataSa? seen = Spoke.Live.Count == 0 ? null : Spoke.Live[random.Below(Spoke.Live.Count)];
                if (seen is not null) Say(from, new RawPayload(IkePayloadType.Delete, [3, 4, 0, 1, .. BitConverter.GetBytes(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(seen.Install.OutboundSpi))]));
                break;
            case 8:
                Shout(random, from, noise);
                break;
            case 9:
                if (random.Below(2) == 0) Net.Unplug(Hub);
                else Net.Plug(Hub);
                break;
            case 10:
                Member.Crash();
                Member.Want(Spoke);
                break;
            default:
                Member.Want(Spoke);
                break;
        }
    }

    /// <summary>Without keys, about anybody's SA: a token that is none, or that an SPI is not known.</summary>
    private void Shout(SeededRandom random, IkeEndpoint from, byte[] noise)
    {
        IkeSaState sa = Spoke.IkeSas[random.Below(Spoke.IkeSas.Count)];
        byte[] room = new byte[128];
        var writer = new IkePayloadWriter(room);
        if (random.Below(2) == 0) writer.Notify(IkeNotifyType.InvalidIkeSpi);
        writer.Notify(IkeProtocolId.Ike, default, IkeNotifyType.QuickCrashDetection, noise);
        ulong initiator = sa.IsInitiator ? sa.LocalSpi : sa.RemoteSpi, responder = sa.IsInitiator ? sa.RemoteSpi : sa.LocalSpi;
        IkeFlags flags = IkeFlags.Response | (sa.IsInitiator ? IkeFlags.None : IkeFlags.Initiator);
        var header = new IkeHeader(initiator, responder, writer.First, IkeExchangeType.Informational, flags, sa.LocalRequestId);
        Net.Inject(Spoke, sa.Path with { Remote = from }, IkeSealing.Clear(header, writer));
    }

    private void Say(IkeEndpoint from, IkeExchangeType exchange, bool response, uint? id, List<RawPayload> payloads)
    {
        if (Member.IkeSas.FirstOrDefault(static sa => sa.Status == IkeSaStatus.Ready) is not { } sa) return;
        ulong initiator = sa.IsInitiator ? sa.LocalSpi : sa.RemoteSpi, responder = sa.IsInitiator ? sa.RemoteSpi : sa.LocalSpi;
        IkeFlags flags = (sa.IsInitiator ? IkeFlags.Initiator : IkeFlags.None) | (response ? IkeFlags.Response : IkeFlags.None);
        var header = new IkeHeader(initiator, responder, IkePayloadType.Encrypted, exchange, flags, id ?? sa.LocalRequestId);
        var path = new IkePath(null, sa.Path.Remote, from);
        Net.Inject(Spoke, path, Net.Text.Seal(header, payloads));
    }
}
