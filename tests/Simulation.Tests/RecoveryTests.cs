using Dmvpn.Simulation.Tests.Network;

namespace Dmvpn.Simulation.Tests;

/// <summary>How soon one thing that goes wrong is over, on an underlay that loses nothing.</summary>
public class RecoveryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void SpokeMoves_Alone_ItsPairsTalkAgainWithinSeconds(ulong seed)
    {
        var net = Talking(seed);
        foreach (SimRouter mover in net.Spokes.FindAll(static spoke => spoke.Nat is null && spoke.Plan.Roams))
        {
            Move(net, mover);
            net.Run(TimeSpan.FromSeconds(2));
            Count(net, TimeSpan.FromSeconds(5));
        }
        new Verdict(net).AllArrive();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void NatMoves_Unnoticed_PairsTalkAgainAfterTheNextRegistration(ulong seed)
    {
        var net = Talking(seed);
        foreach (SimRouter mover in net.Spokes.FindAll(static spoke => spoke.Nat is not null && spoke.Plan.Roams))
        {
            Move(net, mover);
            net.Run(net.Plan.RegistrationTime + TimeSpan.FromSeconds(3));
            Count(net, TimeSpan.FromSeconds(5));
        }
        new Verdict(net).AllArrive();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void HubDies_ForLongerThanTheHoldTime_ShortcutsLiveOn(ulong seed)
    {
        var net = Talking(seed);
        net.Hub.Crash();
        net.Counting = true;
        net.Run(net.Plan.HoldTime * 2);
        net.Counting = false;
        net.Run(TimeSpan.FromSeconds(2));
        var verdict = new Verdict(net);
        verdict.AllTalkDirectly();

        net.Hub.Boot(net.Now);
        net.Run(TimeSpan.FromSeconds(8 + 3));
        verdict.AllRegistered();
    }

    /// <summary>Twenty spokes, talking, all pairs direct.</summary>
    private static SimNetwork Talking(ulong seed)
    {
        var net = new SimNetwork(new Plan { Seed = seed, Spokes = 20, Pairs = 20, PacketInterval = TimeSpan.FromSeconds(0.5) });
        net.Start();
        net.Run(TimeSpan.FromSeconds(30));
        net.StartTalking();
        net.Run(TimeSpan.FromSeconds(30));
        Count(net, TimeSpan.FromSeconds(5));
        new Verdict(net).AllTalkDirectly();
        return net;
    }

    private static void Move(SimNetwork net, SimRouter mover) => net.Move(mover, Core.IpAddress.FromIPv4(0x0BF00000u + (uint)mover.Index));

    private static void Count(SimNetwork net, TimeSpan time)
    {
        net.Counting = true;
        net.Run(time);
        net.Counting = false;
        net.Run(TimeSpan.FromSeconds(1));
    }
}
