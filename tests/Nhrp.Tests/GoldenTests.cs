using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

/// <summary>What real IOS routers said to each other (NHRP_registration.pcap, nhrp-trace.pcap): with the same configuration this engine says the same bytes.</summary>
public sealed class GoldenTests
{
    private const string RegistrationRequest =
        "000108000000000000ff006c197b0034010304000404800200000001a9fe64019b0100019b0100050020000045f81c2000000000800300008004000080050000"
        + "8007000c000000014e48525041555448000900140020000045f8000004000400a9fe64059b01000580000000";

    private const string RegistrationReply =
        "000108000000000000ff0080060f0034010404000404800200000001a9fe64019b0100019b0100050020000045f81c2000000000"
        + "800300140020000045f81c2004000400a9fe64059b0100058004000080050000"
        + "8007000c000000014e48525041555448000900140020000045f8000004000400a9fe64059b01000580000000";

    private const string TrafficIndication =
        "000108000000000000ff0062d9d00044010804000404000000000000c0a8c8010affff010affff03"
        + "4500006400050000ff01a78f0affff030affff020800325b00010000" + "80040000800500008007000a000000017365637265740009000080000000";

    private const string ResolutionRequest =
        "000108000000000000ff0056aa370034010104000404c80200000005c0a8c8030affff030affff020000000005ea1c2000000000"
        + "8003000080040000800500008007000a000000017365637265740009000080000000";

    private const string ForwardedRequest =
        "000108000000000000fe006aed5a0034010104000404c80200000005c0a8c8030affff030affff020000000005ea1c2000000000"
        + "80030000800400140000000005ea1c2004000400c0a8c8010affff01800500008007000a000000017365637265740009000080000000";

    private const string ResolutionReply =
        "000108000000000000ff0086659b003c010204000404f80200000005c0a8c8030affff030affff020020000005ea1c2004000400c0a8c8020affff02"
        + "800300140000000005ea1c2004000400c0a8c8020affff02800400140000000005ea1c2004000400c0a8c8010affff01"
        + "800500008007000a000000017365637265740009000080000000";

    private static readonly NhrpConfig Base = new() { NetworkId = 1, Redirect = true, Authentication = "secret" };

    private readonly Net _net = new();

    [Fact]
    public void Registration_OfIos_IsAnsweredAsByIos()
    {
        Node hub = _net.Add("hub", "169.254.100.5", "155.1.0.5/24", Base with { Authentication = "NHRPAUTH" });
        hub.ChangeFacts(facts => facts with { Mtu = 17912 });
        _net.Inject(hub, Parse("169.254.100.1"), Convert.FromHexString(RegistrationRequest));
        AssertSent(RegistrationReply);
    }

    [Fact]
    public void Registration_OfOurs_IsThatOfIos()
    {
        Node spoke = Spoke("169.254.100.1", "155.1.0.1/24", 17912, new NhsConfig { Protocol = Parse("155.1.0.5"), Nbma = Parse("169.254.100.5") }, "NHRPAUTH");
        AssertSent(RegistrationRequest, withId: 1);
        Assert.NotNull(spoke);
    }

    [Fact]
    public void Redirect_OfOurs_IsThatOfIos()
    {
        Node hub = _net.Add("hub", "192.168.200.1", "10.255.255.1/24", Base with { Maps = [new NhrpStaticMap(IpPrefix.Parse("10.255.255.3/32"), Parse("192.168.200.3"))] });
        byte[] head = Convert.FromHexString("4500006400050000ff01a78f0affff030affff020800325b00010000").Concat(new byte[72]).ToArray();
        hub.Call((engine, now, outbox) => engine.OnTrafficTurnedAround(hub.Key, new NbmaPeer(Parse("192.168.200.3")), head, now, outbox));
        AssertSent(TrafficIndication);
    }

    [Fact]
    public void ResolutionRequest_AfterARedirectOfIos_IsThatOfIos()
    {
        Node spoke = Spoke("192.168.200.3", "10.255.255.3/24", 1514, new NhsConfig { Protocol = Parse("10.255.255.1"), Nbma = Parse("192.168.200.1") }, "secret");
        _net.Inject(spoke, Parse("192.168.200.1"), Convert.FromHexString(TrafficIndication));
        AssertSent(ResolutionRequest, withId: 5);
    }

    [Fact]
    public void ResolutionRequest_OfIosAtTheHub_IsForwardedAsByIos()
    {
        Node hub = _net.Add("hub", "192.168.200.1", "10.255.255.1/24", Base with { Maps = [new NhrpStaticMap(IpPrefix.Parse("10.255.255.2/32"), Parse("192.168.200.2"))] });
        hub.ChangeFacts(facts => facts with { Mtu = 1514 });
        _net.Inject(hub, Parse("192.168.200.3"), Convert.FromHexString(ResolutionRequest));
        AssertSent(ForwardedRequest);
    }

    [Fact]
    public void ResolutionRequest_OfIosAtTheEgress_IsAnsweredAsByIos()
    {
        Node spoke = Spoke("192.168.200.2", "10.255.255.2/24", 1514, new NhsConfig { Protocol = Parse("10.255.255.1"), Nbma = Parse("192.168.200.1") }, "secret");
        _net.Inject(spoke, Parse("192.168.200.1"), Convert.FromHexString(ForwardedRequest));
        AssertSent(ResolutionReply);
        Assert.Equal(Parse("192.168.200.3"), spoke.Adjacencies[Parse("10.255.255.3")].Address);
    }

    private Node Spoke(string nbma, string address, int mtu, NhsConfig nhs, string authentication)
    {
        Node spoke = _net.Add("spoke", nbma, address, Base with { Authentication = authentication });
        spoke.ChangeFacts(facts => facts with { Mtu = mtu });
        spoke.Reconfigure(config => config with { Nhss = [nhs] });
        return spoke;
    }

    private void AssertSent(string expected, uint? withId = null)
    {
        NhrpPacket sent = _net.Packets[^1];
        if (withId is { } id) sent = sent with { Header = sent.Header with { RequestId = id } };
        Assert.Equal(expected, Convert.ToHexString(sent.Write()).ToLowerInvariant());
    }
}
