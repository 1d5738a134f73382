using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Parts;

/// <summary>Traffic selectors that mean GRE between two hosts, as all kinds of peers send them (RFC 7296 2.9, 2.23.1).</summary>
public sealed class SelectorTests(ITestOutputHelper output)
{
    // Ours is 198.51.100.1; the peer is seen at 203.0.113.9.
    private static readonly IpAddress Local = IpAddress.Parse("198.51.100.1"), Remote = IpAddress.Parse("203.0.113.9");

    [Theory]
    [InlineData("198.51.100.1/47/0-65535", "203.0.113.9/47/0-65535", "host and host")]
    [InlineData("198.51.100.1/0/0-65535", "203.0.113.9/0/0-65535", "any protocol")]
    [InlineData("0.0.0.0-255.255.255.255/47/0-65535", "0.0.0.0-255.255.255.255/47/0-65535", "everywhere")]
    [InlineData("0.0.0.0-255.255.255.255/0/0-65535", "203.0.113.0-203.0.113.255/0/0-65535", "anything")]
    [InlineData("198.51.100.1/6/0-65535 198.51.100.1/47/0-65535", "203.0.113.9/47/0-65535", "TCP is passed over")]
    [InlineData("2001:db8::1/47/0-65535 198.51.100.1/47/0-65535", "203.0.113.9/47/0-65535", "the other family is passed over")]
    [InlineData("198.51.100.1/47/42-42 198.51.100.1/47/0-65535", "203.0.113.9/47/0-65535", "strongSwan's GRE key first")]
    public void ManyWaysToSayGre_AreNarrowedToHostAndHost(string local, string remote, string what)
    {
        output.WriteLine(what);
        foreach (bool transport in (bool[])[true, false])
        {
            Assert.True(TrafficSelectorChoice.TryNarrow(List(local), List(remote), new SelectorSituation(Local, Remote, default, transport), out SelectorPair pair, out string problem), problem);
            Assert.Equal(TrafficSelectorChoice.Offer(Local, Remote), pair);
            Assert.Empty(problem);
        }
    }

    [Theory]
    [InlineData("198.51.100.1/47/42-42", 42, 42)]
    [InlineData("198.51.100.1/47/65535-0", 65535, 0)]
    [InlineData("198.51.100.1/47/42-42 198.51.100.1/0/65535-0", 65535, 0)]
    public void OnlySomePorts_AreKeptAsTheyAre(string local, int start, int end)
    {
        Assert.True(TrafficSelectorChoice.TryNarrow(List(local), List("203.0.113.9/47/0-65535"), new SelectorSituation(Local, Remote, default, true), out SelectorPair pair, out _));
        Assert.Equal(new TrafficSelector(47, (ushort)start, (ushort)end, Local, Local), pair.Local);
    }

    [Theory]
    [InlineData("198.51.100.1/17/0-65535", "203.0.113.9/47/0-65535")]
    [InlineData("198.51.100.2/47/0-65535", "203.0.113.9/47/0-65535")]
    [InlineData("198.51.100.1/47/0-65535", "203.0.113.10-203.0.113.20/47/0-65535")]
    [InlineData("198.51.100.1/47/0-65535", "10.0.0.5/47/0-65535")]
    [InlineData("198.51.100.1/47/9-3", "203.0.113.9/47/0-65535")]
    [InlineData("", "203.0.113.9/47/0-65535")]
    [InlineData("198.51.100.1/47/0-65535", "2001:db8::1/47/0-65535")]
    public void WhatDoesNotMeanIt_IsUnacceptable(string local, string remote)
    {
        foreach (bool transport in (bool[])[true, false])
        {
            Assert.False(TrafficSelectorChoice.TryNarrow(List(local), List(remote), new SelectorSituation(Local, Remote, default, transport), out _, out string problem));
            output.WriteLine(problem);
            Assert.NotEmpty(problem);
        }
    }

    [Fact]
    public void Unacceptable_IsExplained()
    {
        Assert.False(TrafficSelectorChoice.TryNarrow(
            List("198.51.100.1/6/80-80"), List("10.1.0.0-10.1.255.255/0/0-65535"), new SelectorSituation(Local, Remote, default, true), out _, out string problem));
        Assert.Equal(
            "the peer asks for 10.1.0.0-10.1.255.255 (any protocol) to 198.51.100.1 (protocol 6 port 80-80); the tunnel is GRE (protocol 47) from 203.0.113.9 to 198.51.100.1 "
            + "in transport mode: its source and destination do not allow that; change the traffic selectors of the peer", problem);
    }

    [Fact]
    public void TransportMode_PeerBehindNat_ItsAddressIsReplacedByTheOneThatIsSeen()
    {
        // 10.0.0.5 is the peer's own address; the NAT makes 203.0.113.9 of it.
        var situation = new SelectorSituation(Local, Remote, new NatSituation(true, Peer: true, Local: false), true);
        Assert.True(TrafficSelectorChoice.TryNarrow(List("198.51.100.1/47/0-65535"), List("10.0.0.5/47/0-65535"), situation, out SelectorPair pair, out _));
        Assert.Equal(TrafficSelectorChoice.Offer(Local, Remote), pair);
        // A range is no address of a host, and so is not replaced.
        Assert.False(TrafficSelectorChoice.TryNarrow(List("198.51.100.1/47/0-65535"), List("10.0.0.0-10.0.0.255/47/0-65535"), situation, out _, out _));
        // Our own end is not behind one: what is asked of it has to be ours.
        Assert.False(TrafficSelectorChoice.TryNarrow(List("192.0.2.77/47/0-65535"), List("10.0.0.5/47/0-65535"), situation, out _, out _));
    }

    [Fact]
    public void TransportMode_WeAreBehindNat_OurAddressIsReplaced()
    {
        // The peer knows us as 192.0.2.77; our own address is private.
        var situation = new SelectorSituation(IpAddress.Parse("10.9.9.9"), Remote, new NatSituation(true, Peer: false, Local: true), true);
        Assert.True(TrafficSelectorChoice.TryNarrow(List("192.0.2.77/47/0-65535"), List("203.0.113.9/47/0-65535"), situation, out SelectorPair pair, out _));
        Assert.Equal(TrafficSelectorChoice.Offer(IpAddress.Parse("10.9.9.9"), Remote), pair);
    }

    [Fact]
    public void TunnelMode_PeerBehindNat_KeepsItsInnerAddress()
    {
        var situation = new SelectorSituation(Local, Remote, new NatSituation(true, Peer: true, Local: false), false);
        foreach (string remote in (string[])["10.0.0.5/47/0-65535", "10.0.0.5/0/0-65535 0.0.0.0-255.255.255.255/0/0-65535", "0.0.0.0-255.255.255.255/0/0-65535 10.0.0.5/47/0-65535"])
        {
            Assert.True(TrafficSelectorChoice.TryNarrow(List("198.51.100.1/47/0-65535"), List(remote), situation, out SelectorPair pair, out _));
            Assert.Equal(TrafficSelector.Gre(IpAddress.Parse("10.0.0.5")), pair.Remote);
        }
        Assert.True(TrafficSelectorChoice.TryNarrow(List("198.51.100.1/47/0-65535"), List("0.0.0.0-255.255.255.255/0/0-65535"), situation, out SelectorPair wide, out _));
        Assert.Equal(TrafficSelector.Gre(Remote), wide.Remote);
        foreach (string none in (string[])["0.0.0.0/47/0-65535", "224.0.0.1/47/0-65535"])
            Assert.False(TrafficSelectorChoice.TryNarrow(List("198.51.100.1/47/0-65535"), List(none), situation, out _, out _));
    }

    [Fact]
    public void Answer_OfTheWholeOrAPart_IsAccepted_AnythingMore_IsNot()
    {
        SelectorPair offer = TrafficSelectorChoice.Offer(Local, Remote);
        var situation = new SelectorSituation(Local, Remote, default, true);
        Assert.True(Accepts("198.51.100.1/47/0-65535", "203.0.113.9/47/0-65535", situation));
        Assert.True(Accepts("198.51.100.1/47/65535-0", "203.0.113.9/47/42-42", situation));
        Assert.False(Accepts("198.51.100.1/0/0-65535", "203.0.113.9/47/0-65535", situation));
        Assert.False(Accepts("198.51.100.1/47/0-65535", "203.0.113.0-203.0.113.255/47/0-65535", situation));
        Assert.False(Accepts("198.51.100.1/47/0-65535 10.0.0.1/47/0-65535", "203.0.113.9/47/0-65535", situation));
        Assert.False(Accepts("198.51.100.1/47/0-65535", "203.0.113.8/47/0-65535", situation));
        Assert.False(Accepts("", "203.0.113.9/47/0-65535", situation));
        Assert.False(TrafficSelectorChoice.TryAccept(offer, List("10.0.0.1/47/0-65535"), List("203.0.113.9/47/0-65535"), situation, out _, out string problem));
        Assert.Equal(
            "the peer answered with 10.0.0.1 (GRE) to 203.0.113.9 (GRE), which is no part of what it was offered, 198.51.100.1 (GRE) to 203.0.113.9 (GRE)", problem);

        // Behind a NAT the responder answers with what it sees; we install what we see.
        var nat = new SelectorSituation(Local, Remote, new NatSituation(true, Peer: true, Local: true), true);
        Assert.True(TrafficSelectorChoice.TryAccept(offer, List("192.0.2.1/47/0-65535"), List("10.7.7.7/47/0-65535"), nat, out SelectorPair pair, out _));
        Assert.Equal(offer, pair);
        Assert.False(Accepts("192.0.2.1/47/0-65535", "10.7.7.7/47/0-65535", nat with { Transport = false }));
        Assert.False(Accepts("192.0.2.1/6/0-65535", "10.7.7.7/47/0-65535", nat));

        bool Accepts(string local, string remote, SelectorSituation where) => TrafficSelectorChoice.TryAccept(offer, List(local), List(remote), where, out _, out _);
    }

    [Fact]
    public void AnySelectors_WhatIsNarrowed_IsWithinThem_AndIsGreOfOneHostEach()
    {
        Gen<IpAddress> address = Gen.Int[0, 5].Select(index => IpAddress.Parse(((string[])["198.51.100.1", "203.0.113.9", "10.0.0.5", "0.0.0.0", "255.255.255.255", "2001:db8::1"])[index]));
        Gen<TrafficSelector> selector =
            from protocol in Gen.Int[0, 3].Select(index => ((byte[])[0, 47, 6, 17])[index])
            from start in Gen.Int[0, 3].Select(index => ((ushort[])[0, 42, 65535, 7])[index])
            from end in Gen.Int[0, 3].Select(index => ((ushort[])[0, 42, 65535, 7])[index])
            from low in address
            from high in address
            where low.IsIPv4 == high.IsIPv4 && low.CompareTo(high) <= 0
            select new TrafficSelector(protocol, start, end, low, high);
        Gen.Select(selector.Array[0, 4], selector.Array[0, 4], Gen.Int[0, 7]).Sample((local, remote, bits) =>
        {
            var situation = new SelectorSituation(Local, Remote, new NatSituation(true, (bits & 1) != 0, (bits & 2) != 0), (bits & 4) != 0);
            if (!TrafficSelectorChoice.TryNarrow([.. local], [.. remote], situation, out SelectorPair pair, out string problem)) return problem.Length > 0;
            return IsHost(pair.Local, local, Local, situation.Nat.Local, situation.Transport) && IsHost(pair.Remote, remote, Remote, situation.Nat.Peer, situation.Transport);
        }, iter: 5000);

        static bool IsHost(TrafficSelector picked, TrafficSelector[] from, IpAddress host, bool nat, bool transport) =>
            picked.Protocol == 47 && picked.Start == picked.End && (picked.Start == host || (nat && !transport))
            && from.Any(given => given.Protocol is 0 or 47 && (given.StartPort, given.EndPort) == (picked.StartPort, picked.EndPort)
                && ((given.Start.CompareTo(picked.Start) <= 0 && given.End.CompareTo(picked.End) >= 0) || (nat && transport && given.Start == given.End)));
    }

    private static ValueList<TrafficSelector> List(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(One)];

    private static TrafficSelector One(string text)
    {
        string[] parts = text.Split('/'), range = parts[0].Split('-'), ports = parts[2].Split('-');
        return new TrafficSelector(byte.Parse(parts[1]), ushort.Parse(ports[0]), ushort.Parse(ports[1]), IpAddress.Parse(range[0]), IpAddress.Parse(range[^1]));
    }
}
