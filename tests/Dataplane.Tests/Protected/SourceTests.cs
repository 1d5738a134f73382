using Dmvpn.Core;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Protected;

/// <summary>What comes out of a peer's SA bears only sources that the peer may have.</summary>
public sealed class SourceTests
{
    private static readonly NbmaPeer Second = new(Ip("192.0.2.3"), 3);

    [Theory]
    [InlineData("10.2.0.1", null)] // behind the peer
    [InlineData("10.0.0.2", null)] // the peer itself
    [InlineData("10.0.0.77", null)] // nobody that is known
    [InlineData("10.0.0.3", DataplaneDrop.InSpoofedSource)] // another station
    [InlineData("10.0.0.1", DataplaneDrop.InSpoofedSource)] // this router
    [InlineData("fd00::3", DataplaneDrop.InSpoofedSource)]
    [InlineData("fd00::1", DataplaneDrop.InSpoofedSource)]
    [InlineData("fe80::2", null)]
    [InlineData("fe80::3", DataplaneDrop.InSpoofedSource)]
    public void InnerSource_OfAPeerWithAnAssociation_IsItsOwn(string source, DataplaneDrop? why)
    {
        using SecureRig rig = Rig();
        Expect(rig, rig.Peer2(), source, why);
    }

    [Fact]
    public void OuterSourceOfAnother_PacketOfOnesOwnSa_IsStillWhoseTheSaIs()
    {
        using SecureRig rig = Rig();
        FarEnd end = rig.Peer2();
        byte[] inner = Packet("10.0.0.3", "10.0.0.1");
        Assert.Empty(rig.In(Second.Address, end.Seal(Gre(inner, 7))));
        Assert.Equal(1, rig.Drops(DataplaneDrop.InSpoofedSource));
    }

    [Fact]
    public void NextHopServer_BringsPacketsOfOthers_ButNotOfThisRouter()
    {
        using SecureRig rig = Rig();
        FarEnd end = rig.Peer2();
        Expect(rig, end, "10.0.0.3", DataplaneDrop.InSpoofedSource);
        rig.Rig.Table.SetTransit(Dataplane.Tests.Rig.Tunnel0, end.Peer, true);
        rig.Rig.Table.Publish();
        Expect(rig, end, "10.0.0.3", null);
        Expect(rig, end, "10.0.0.1", DataplaneDrop.InSpoofedSource);
        rig.Rig.Table.SetTransit(Dataplane.Tests.Rig.Tunnel0, end.Peer, false);
        rig.Rig.Table.Publish();
        Expect(rig, end, "10.0.0.3", DataplaneDrop.InSpoofedSource);
    }

    [Theory]
    [InlineData("10.2.0.1", SiteRole.Spoke, null)]
    [InlineData("10.0.0.2", SiteRole.Spoke, null)]
    [InlineData("10.9.0.1", SiteRole.Spoke, DataplaneDrop.InUncertifiedSource)]
    [InlineData("10.0.0.77", SiteRole.Spoke, DataplaneDrop.InUncertifiedSource)]
    [InlineData("fe80::2", SiteRole.Spoke, null)]
    [InlineData("10.9.0.1", SiteRole.Hub, null)]
    [InlineData("10.0.0.3", SiteRole.Hub, null)]
    public void CertificateThatNamesNetworks_OtherSources_AreDroppedUnlessItIsAHubs(string source, SiteRole role, DataplaneDrop? why)
    {
        using SecureRig rig = Rig(c => c with { CertifiedIPv4 = true, CertifiedIPv6 = true });
        FarEnd end = rig.Peer2();
        rig.Security.SetRights(2, new SiteRights([Prefix("10.0.0.2/32")], role, [Prefix("10.2.0.0/16")]));
        rig.Rig.Table.Touch();
        rig.Rig.Table.Publish();
        Expect(rig, end, source, why);
    }

    [Theory]
    [InlineData(ReversePathMode.Rx, false, "10.2.0.1", null)]
    [InlineData(ReversePathMode.Rx, false, "10.0.0.2", null)]
    [InlineData(ReversePathMode.Rx, false, "10.3.0.1", DataplaneDrop.InReversePath)] // routed to the other station
    [InlineData(ReversePathMode.Rx, false, "192.168.0.1", DataplaneDrop.InReversePath)] // routed elsewhere
    [InlineData(ReversePathMode.Rx, false, "8.8.8.8", DataplaneDrop.InReversePath)] // by the default route
    [InlineData(ReversePathMode.Rx, true, "8.8.8.8", DataplaneDrop.InReversePath)] // which is not by the tunnel
    [InlineData(ReversePathMode.Any, false, "192.168.0.1", null)]
    [InlineData(ReversePathMode.Any, false, "10.3.0.1", null)]
    [InlineData(ReversePathMode.Any, false, "8.8.8.8", DataplaneDrop.InReversePath)]
    [InlineData(ReversePathMode.Any, true, "8.8.8.8", null)]
    [InlineData(ReversePathMode.Rx, false, "fe80::2", null)]
    [InlineData(ReversePathMode.Rx, false, "fd09::1", DataplaneDrop.InReversePath)]
    public void ReversePath_OfASource_MustLeadBack(ReversePathMode mode, bool allowDefault, string source, DataplaneDrop? why)
    {
        var check = new ReversePath(mode, allowDefault);
        using SecureRig rig = Rig(c => c with { ReversePathIPv4 = check, ReversePathIPv6 = check });
        TunnelId tunnel = Dataplane.Tests.Rig.Tunnel0;
        foreach (string prefix in (string[])["10.0.0.0/24", "10.2.0.0/16", "10.3.0.0/16"]) rig.Rig.Table.SetBestRoute(Prefix(prefix), tunnel);
        rig.Rig.Table.SetBestRoute(Prefix("192.168.0.0/16"), null);
        rig.Rig.Table.SetBestRoute(Prefix("0.0.0.0/0"), null);
        rig.Rig.Table.SetRoute(tunnel, Prefix("10.3.0.0/16"), [Ip("10.0.0.3")]);
        rig.Rig.Table.Publish();
        Expect(rig, rig.Peer2(), source, why);
    }

    [Fact]
    public void ReversePath_StationThatIsReachedByTheServer_MaySendDirectly()
    {
        using SecureRig rig = Rig(c => c with { ReversePathIPv4 = new(ReversePathMode.Rx, false) });
        TunnelId tunnel = Dataplane.Tests.Rig.Tunnel0;
        rig.Rig.Table.SetBestRoute(Prefix("10.3.0.0/16"), tunnel);
        rig.Rig.Table.SetRoute(tunnel, Prefix("10.3.0.0/16"), [Ip("10.0.0.3")]);
        rig.Rig.Table.SetTransit(tunnel, Second, true);
        rig.Rig.Table.Publish();
        Expect(rig, rig.Peer2(), "10.3.0.1", null);
    }

    private static SecureRig Rig(Func<TunnelForwarding, TunnelForwarding>? change = null)
    {
        var rig = new SecureRig(change);
        TunnelId tunnel = Dataplane.Tests.Rig.Tunnel0;
        foreach (string address in (string[])["10.0.0.3/32", "fd00::3/128", "fe80::3/128"]) rig.Rig.Table.SetAdjacency(tunnel, Prefix(address), Second);
        rig.Rig.Table.Publish();
        return rig;
    }

    private static void Expect(SecureRig rig, FarEnd end, string source, DataplaneDrop? why)
    {
        long before = rig.Rig.Counters.Drops.Total;
        byte[] inner = Packet(source, source.Contains(':') ? "fd00::1" : "10.0.0.1");
        // Twice: judged, and remembered.
        for (int i = 0; i < 2; i++) Assert.Equal(why is null ? 1 : 0, rig.In(end, Gre(inner, 7)).Count);
        Assert.Equal(why is null ? 0 : 2, rig.Rig.Counters.Drops.Total - before);
        if (why is { } reason) Assert.InRange(rig.Drops(reason), 2, long.MaxValue);
    }
}
