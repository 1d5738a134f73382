using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;
using Microsoft.Extensions.Logging;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

/// <summary>What a stranger, or a member that knows the password, must not be able to do.</summary>
public sealed class AttackTests
{
    private static readonly NbmaPeer Stranger = new(Parse("203.0.113.66"));

    [Fact]
    public void TrafficFromAStranger_TurnsRound_GetsNoIndication()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.TurnAround(Stranger.Address, "10.1.11.5", "10.1.12.5");
        Assert.Empty(cloud.Net.Trace);
        Assert.Equal(1, cloud.Hub.Engine.Drops[NhrpDrop.RedirectToStranger]);
        // And does not hold back the one for who the address belongs to.
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        Assert.Equal(["hub > A TrafficIndication"], cloud.Net.Trace);
    }

    [Fact]
    public void StrangerWithoutThePassword_SendsAnything_NeverSeesIt()
    {
        Cloud cloud = new Cloud().Settled();
        foreach (NhrpPacketType type in Enum.GetValues<NhrpPacketType>())
        {
            for (int wrong = 0; wrong < 2; wrong++)
            {
                cloud.Hub.Receive(Stranger, NhrpBytes.Packet(type, "203.0.113.66", "10.0.0.66", "10.0.0.1", NhrpFlags.None, 5,
                    type is NhrpPacketType.ErrorIndication or NhrpPacketType.TrafficIndication ? [] : [new NhrpCie { HoldTime = 60 }],
                    wrong == 0 ? [] : [new(0x8003, []), NhrpBytes.Authentication("wrong"), new(0x8000, [])]));
            }
        }
        Assert.Contains(cloud.Net.Packets, packet => packet.Header.Type == NhrpPacketType.ErrorIndication);
        Assert.DoesNotContain(cloud.Net.Packets, packet => packet.Extensions.Any(extension => (extension.RawType & 0x3FFF) == 7));
    }

    [Theory]
    [InlineData("10.1.12.5", NhrpDrop.RegistrationProhibited)] // a host behind another spoke
    [InlineData("10.1.0.5", NhrpDrop.RegistrationProhibited)] // one behind the hub
    [InlineData("8.8.8.8", NhrpDrop.RegistrationProhibited)]
    [InlineData("10.0.0.0", NhrpDrop.IllegalAddress)] // the network address
    public void AddressThatIsNotOfTheTunnel_Registered_IsProhibitedAndTheRoutesStay(string address, NhrpDrop why)
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.Receive(Stranger, NhrpBytes.Registration("203.0.113.66", address));
        Assert.Equal(NhrpCieCode.AdministrativelyProhibited, cloud.Net.Packets[^1].Cies[0].Code);
        Assert.Equal(1, cloud.Hub.Engine.Drops[why]);
        Assert.DoesNotContain(Parse(address), cloud.Hub.Adjacencies.Keys);
    }

    [Fact]
    public void AddressOfAnotherInterface_Registered_IsProhibited()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.Local("10.0.0.77");
        cloud.Hub.Receive(Stranger, NhrpBytes.Registration("203.0.113.66", "10.0.0.77"));
        Assert.Equal(NhrpCieCode.AdministrativelyProhibited, cloud.Net.Packets[^1].Cies[0].Code);
        Assert.Equal(1, cloud.Hub.Engine.Drops[NhrpDrop.IllegalAddress]);
    }

    [Theory]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    public void ClaimedUnderlayAddress_OfNobody_IsProhibited(string nbma)
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.Receive(Stranger, NhrpBytes.Registration("203.0.113.66", "10.0.0.66", cies: [new NhrpCie { HoldTime = 60, Nbma = Parse(nbma) }]));
        Assert.Equal(NhrpCieCode.AdministrativelyProhibited, cloud.Net.Packets[^1].Cies[0].Code);
        Assert.Equal(1, cloud.Hub.Engine.Drops[NhrpDrop.IllegalAddress]);
    }

    [Fact]
    public void HubNumberedByAHostPrefix_Registration_OnlyWhereTheRoutesHaveNoOtherPlace()
    {
        var net = new Net();
        Node hub = net.Add("hub", Cloud.HubNbma, "10.255.0.1/32", Cloud.HubConfig).Lan("10.1.0.0/24").Lan("0.0.0.0/0").Route("10.254.0.0/16", "10.255.0.9");
        NhrpCieCode Try(string address)
        {
            hub.Receive(Stranger, NhrpBytes.Registration("203.0.113.66", address, destination: "10.255.0.1"));
            return net.Packets[^1].Cies[0].Code;
        }

        Assert.Equal(NhrpCieCode.Success, Try("10.255.0.66"));
        Assert.Equal(NhrpCieCode.Success, Try("10.254.0.66"));
        Assert.Equal(NhrpCieCode.AdministrativelyProhibited, Try("10.1.0.5"));
        // What was registered goes after a route that comes later.
        hub.Receive(new NbmaPeer(Parse("203.0.113.67")), NhrpBytes.Resolution("203.0.113.67", "10.255.0.67", "10.255.0.66"));
        Assert.Equal(NhrpPacketType.ResolutionRequest, net.Packets[^1].Header.Type);
        hub.Lan("10.255.0.64/28");
        hub.Receive(new NbmaPeer(Parse("203.0.113.67")), NhrpBytes.Resolution("203.0.113.67", "10.255.0.67", "10.255.0.66"));
        Assert.Equal(NhrpPacketType.ResolutionReply, net.Packets[^1].Header.Type);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("10.0.0.255")]
    [InlineData("169.254.1.1")]
    [InlineData("224.0.0.5")]
    public void ResolutionOfAnAddressOfNobody_EvenIfRouted_IsRefusedWithCode12(string address)
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.Lan("0.0.0.0/0").Lan("127.0.0.0/8").Lan("169.254.0.0/16");
        cloud.Net.Inject(cloud.Hub, cloud.A.Nbma, NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", address));
        Assert.Equal(NhrpPacketType.ResolutionReply, cloud.Net.Packets[^1].Header.Type);
        Assert.Equal(NhrpCieCode.NoBinding, cloud.Net.Packets[^1].Cies[0].Code);
    }

    [Fact]
    public void DirectRequestOfAStranger_IsAnsweredButNotLearntFrom_OneByTheHubIs()
    {
        Cloud cloud = new Cloud().Settled();
        byte[] request = NhrpBytes.Resolution("203.0.113.66", "10.0.0.66", "10.1.11.5");
        cloud.A.Receive(Stranger, request);
        Assert.Equal(NhrpCieCode.Success, cloud.Net.Packets[^1].Cies[0].Code);
        Assert.DoesNotContain(Parse("10.0.0.66"), cloud.A.Adjacencies.Keys);
        cloud.Hub.Receive(Stranger, request);
        cloud.Net.Run(1);
        Assert.Equal(Stranger, cloud.A.Adjacencies[Parse("10.0.0.66")]);
        // Another one cannot take it over.
        cloud.A.Receive(new NbmaPeer(Parse("203.0.113.67")), NhrpBytes.Resolution("203.0.113.67", "10.0.0.66", "10.1.11.5"));
        Assert.Equal(Stranger, cloud.A.Adjacencies[Parse("10.0.0.66")]);
    }

    [Fact]
    public void DirectRequestOfAKnownRequester_RenewsItsMapping()
    {
        Cloud cloud = new Cloud().Settled();
        byte[] request = NhrpBytes.Resolution("203.0.113.66", "10.0.0.66", "10.1.11.5");
        cloud.Hub.Receive(Stranger, request);
        cloud.Net.Run(400);
        cloud.A.Receive(Stranger, request);
        cloud.Net.Run(400);
        Assert.Contains(Parse("10.0.0.66"), cloud.A.Adjacencies.Keys);
    }

    [Fact]
    public void Shutdown_SourceStillWorks_RegistrationAndAnswersAreTakenBack()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        Assert.NotEmpty(cloud.B.Shortcuts);
        cloud.Net.TakeTrace();
        cloud.A.ChangeFacts(facts => facts with { Up = false });
        Assert.Contains("A > hub PurgeRequest", cloud.Net.Trace);
        Assert.Contains("A > B PurgeRequest", cloud.Net.Trace);
        cloud.Net.Run(1);
        Assert.DoesNotContain(cloud.A.Address, cloud.Hub.Adjacencies.Keys);
        Assert.Empty(cloud.B.Shortcuts);
    }

    [Fact]
    public void ErrorIndicationsOfAStranger_Logged_WithinTheBudget()
    {
        var log = new CountingLogger();
        var outbox = new Outbox<NhrpEffect>();
        var key = new NhrpInterfaceKey(new TunnelId(0), false);
        var engine = new NhrpInstance(new Cloud().A, new SeededRandom(1), log);
        engine.TryApply(key, Cloud.HubConfig, Instant.Zero, outbox);
        engine.OnInterfaceChanged(new NhrpInterfaceFacts { Key = key, Up = true, Addresses = [new(Parse("10.0.0.1"), 24)], NbmaSource = Parse(Cloud.HubNbma) }, Instant.Zero, outbox);
        byte[] error = new NhrpPacket
        {
            Header = new NhrpHeader { Type = NhrpPacketType.ErrorIndication, SourceNbma = Stranger.Address, SourceProtocol = Parse("10.0.0.99"), DestinationProtocol = Parse("10.0.0.1"), ErrorCode = NhrpErrorCode.AuthenticationFailure },
        }.Write();
        for (int i = 0; i < 200; i++) engine.HandlePacket(new NhrpArrival(key, Stranger, default), error, Instant.FromSeconds(10), outbox);
        Assert.Equal(1, log.Lines);
        for (uint i = 0; i < 200; i++) engine.HandlePacket(new NhrpArrival(key, new NbmaPeer(FromIPv4(0xCB007200 + i)), default), error, Instant.FromSeconds(10), outbox);
        Assert.Equal(50, log.Lines);
    }

    private sealed class CountingLogger : ILogger
    {
        public int Lines { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines++;
    }
}
