using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Cdp;
using static Dmvpn.Odr.Tests.OdrNetwork;

namespace Dmvpn.Odr.Tests;

/// <summary>Whatever timers are configured here, and whatever a neighbour asks for, the engine is served and goes on.</summary>
public sealed class OdrDeadlineTests
{
    [Theory]
    [InlineData(10, 0, 15, 180)] // short timers here, the default hold time there
    [InlineData(180, 0, 240, 255)] // all defaults here, the longest hold time there
    [InlineData(180, 0, 100, 255)] // flushed before it is invalid
    public void FlushTimer_BeforeTheHoldTimeEnds_RoutesGoAndTheNeighborStaysListed(int invalid, int holdDown, int flush, byte holdTime)
    {
        var hub = new Served(Config(invalid, holdDown, flush));
        Instant heard = hub.Now;
        hub.Hear(2, holdTime);
        hub.Until(heard + TimeSpan.FromSeconds(Math.Max(invalid, flush)));
        Assert.DoesNotContain(hub.Engine.Sources(hub.Now), static source => source.RouteCount > 0);
        Assert.Single(hub.Engine.Neighbors(hub.Now));
        hub.Until(heard + TimeSpan.FromSeconds(holdTime));
        Assert.Empty(hub.Engine.Neighbors(hub.Now));
        Assert.Equal(0, hub.Engine.NeighborCount);
    }

    [Fact]
    public void AnyTimersAndAnyHellos_EveryDeadlineLiesInTheFutureAfterItWasServed() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[0, 300], Gen.Int[1, 300], Gen.Select(Gen.Int[0, 4], Gen.Byte, Gen.Int[0, 90]).Array[1, 40]).Sample(
            (invalid, holdDown, flush, steps) =>
            {
                var hub = new Served(Config(invalid, holdDown, flush));
                foreach ((int kind, byte holdTime, int seconds) in steps)
                {
                    if (kind < 3) hub.Hear(2 + kind, holdTime);
                    else if (kind == 3) hub.Engine.Apply(Config(invalid + seconds, holdDown, flush), hub.Now, hub.Outbox);
                    hub.Until(hub.Now + TimeSpan.FromSeconds(seconds));
                }
                hub.Until(hub.Now + TimeSpan.FromSeconds(1000));
                Assert.Equal(0, hub.Engine.NeighborCount);
            },
            iter: 1000);

    private static OdrConfig Config(int invalid, int holdDown, int flush) => Hub(new RouterOdrConfig
    {
        Timers = new OdrTimersConfig
        {
            Invalid = TimeSpan.FromSeconds(invalid),
            HoldDown = TimeSpan.FromSeconds(holdDown),
            Flush = TimeSpan.FromSeconds(flush),
        },
    });

    /// <summary>A hub that is served at each of its deadlines, as the control loop does.</summary>
    private sealed class Served
    {
        public Served(OdrConfig config)
        {
            Engine.OnTunnel(Tunnel, true, Now, Outbox);
            Engine.Apply(config, Now, Outbox);
        }

        public OdrInstance Engine { get; } = new(new SeededRandom(7));

        public Outbox<OdrEffect> Outbox { get; } = new();

        public Instant Now { get; private set; } = Instant.FromSeconds(1);

        public void Hear(int peer, byte holdTime) => Engine.HandleCdp(new OdrArrival(Tunnel, Nbma(peer), Address(peer)), Hello(holdTime), Now, Outbox);

        public void Until(Instant until)
        {
            for (int rounds = 0; Engine.NextDeadline <= until; rounds++)
            {
                Assert.True(rounds < 1000, "the engine asks to be served again and again");
                if (Engine.NextDeadline > Now) Now = Engine.NextDeadline;
                Engine.OnDeadline(Now, Outbox);
                Assert.True(Engine.NextDeadline > Now, "a deadline lies in the future after it was served");
                Outbox.Clear();
            }
            Now = until;
        }

        private static byte[] Hello(byte holdTime) => new CdpPacket
        {
            TimeToLive = holdTime,
            Tlvs = [CdpTlv.Text(CdpTlvType.DeviceId, "S"), CdpTlv.OdrPrefixes([IpPrefix.Parse("192.168.2.0/24")])],
        }.ToBytes();
    }
}
