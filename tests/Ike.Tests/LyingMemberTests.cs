using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Ike.Tests;

/// <summary>
/// A member with good keys that lies about where it is. Whatever it says with the keys of its own SA, and whatever it writes as its source: its SA stays where it receives, and nobody else's session and
/// no next hop server becomes its own.
/// </summary>
public sealed class LyingMemberTests
{
    private static readonly IpAddress HubAddress = Parse("192.0.2.9"), OtherAddress = Parse("192.0.2.12"), Own = Parse("192.0.2.66");

    private readonly LyingMember _lie = new();

    [Fact]
    public void EspFromTheHubsAddress_PretendedNat_MovesNothing()
    {
        _lie.Esp(new IkeEndpoint(HubAddress, 4500));
        _lie.Net.Run(60);
        _lie.Check();
        // The hub was asked, a few times, and knows nothing of it; then the member, whose answer says nothing about the hub's address.
        Assert.DoesNotContain(_lie.Spoke.Events, static line => line.StartsWith("moved", StringComparison.Ordinal));
    }

    [Fact]
    public void HubIsLost_MemberSaysItIsThere_NothingIsBoundToIt()
    {
        _lie.Net.Unplug(_lie.Hub);
        foreach (double wait in (double[])[1, 10, 30, 60, 60])
        {
            _lie.Esp(new IkeEndpoint(HubAddress, 4500));
            _lie.Say(new IkeEndpoint(HubAddress, 4500), RawPayload.Of(IkeNotifyType.UpdateSaAddresses));
            _lie.Net.Run(wait);
            _lie.Check();
            Assert.DoesNotContain(_lie.Net.Packets, packet => packet.From == _lie.Member && packet.SenderPath.Remote.Address == HubAddress);
        }
        _lie.Net.Plug(_lie.Hub);
        _lie.Net.Run(60);
        Assert.Equal("h.example.org", _lie.Spoke.BoundAt(HubAddress));
    }

    [Fact]
    public void UpdateFromTheHubsAddress_ThenANewChildSa_StaysWhereTheMemberReceives()
    {
        _lie.Say(new IkeEndpoint(OtherAddress, 4500), RawPayload.Of(IkeNotifyType.UpdateSaAddresses));
        _lie.Say(new IkeEndpoint(Parse("203.0.113.7"), 4500), RawPayload.Of(IkeNotifyType.UpdateSaAddresses));
        foreach (DataSa sa in _lie.Member.Live) _lie.Member.Call((engine, now, outbox) => engine.OnSoftLimit(sa.Install.InboundSpi, now, outbox));
        _lie.Net.Run(0.5);
        _lie.Check();
        _lie.Net.Run(60);
        _lie.Check();
    }

    [Fact]
    public void FirstMessageFromOneAddress_AuthenticationFromTheHubs_IsRefused()
    {
        Node other = _lie.Net.Add("N", "192.0.2.67", Configs.SharedKey("n"));
        _lie.Net.Lose = packet =>
        {
            if (packet.From != other || packet is not { IsIke: true, Exchange: IkeExchangeType.Auth }) return false;
            _lie.Net.Inject(_lie.Spoke, packet.ReceiverPath with { Remote = new IkeEndpoint(HubAddress, 4500) }, packet.Bytes);
            return true;
        };
        other.Want(_lie.Spoke);
        _lie.Net.Run(5);
        Assert.DoesNotContain("up n.example.org", _lie.Spoke.Events);
        Assert.True(_lie.Spoke.Engine.Drops[IkeDrop.MoveRefused] > 0);
        _lie.Check();
    }

    [Fact]
    public void CalledMemberNamesTheHubAsItsFurtherAddress_FallsSilent_IsNotSoughtThere()
    {
        // The spoke called this one, and would try its further addresses (RFC 4555 3.5).
        Node called = _lie.Net.Add("R", "192.0.2.68", Configs.SharedKey("r"));
        _lie.Net.Rewrite = packet => packet.From == called && packet is { IsIke: true, Exchange: IkeExchangeType.Auth, IsResponse: true }
            ? _lie.Net.Text.Rewrite(packet.Bytes, static list => [.. list, RawPayload.Of(IkeNotifyType.AdditionalIp4Address, 192, 0, 2, 9), RawPayload.Of(IkeNotifyType.AdditionalIp4Address, 203, 0, 113, 7)])
            : packet.Bytes;
        _lie.Spoke.Want(called);
        _lie.Net.Run(2);
        _lie.Net.Unplug(called);
        for (int i = 0; i < 60; i++)
        {
            _lie.Net.Run(1);
            _lie.Check();
            Assert.DoesNotContain(_lie.Spoke.Live, sa => sa.Path.Remote.Address == HubAddress && _lie.IdentityOf(sa) != "h.example.org");
            Assert.DoesNotContain(_lie.Spoke.Live, static sa => sa.Path.Remote.Address == Parse("203.0.113.7"));
        }
    }

    [Fact]
    public void TooManyPlaces_EachHasAPacketSent_FewAreAsked()
    {
        _lie.Net.TakeTrace();
        for (int i = 1; i <= 100; i++) _lie.Esp(new IkeEndpoint(Parse($"203.0.113.{i}"), 4500));
        Assert.InRange(_lie.Net.Packets.Count(packet => packet.From == _lie.Spoke), 1, IkeLimits.PlacesPerInterval * (IkeLimits.PlacesPerInterval + 1) / 2);
        _lie.Net.Run(60);
        _lie.Check();
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void AnyLies_WhileTheHubComesAndGoes_NobodysSessionBecomesTheMembers(int seed)
    {
        var random = new SeededRandom((ulong)seed * 7919 + 1);
        for (int step = 0; step < 40; step++)
        {
            _lie.Any(random);
            _lie.Net.Run(random.NextDouble() * 4);
            _lie.Check();
        }
        _lie.Net.Plug(_lie.Hub);
        _lie.Net.Run(120);
        _lie.Check();
        Assert.Equal("h.example.org", _lie.Spoke.BoundAt(HubAddress));
        Assert.Equal("v.example.org", _lie.Spoke.BoundAt(OtherAddress));
        // The other peer was there all the time: nothing that the member said had its session end.
        Assert.DoesNotContain(_lie.Spoke.Events, static line => line.StartsWith("down v", StringComparison.Ordinal));
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 60)];
}
