using Dmvpn.Core;
using Dmvpn.Daemon.Routing;
using Dmvpn.Dataplane;
using Dmvpn.Nhrp;
using Dmvpn.Rib;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Simulation.Tests.Network;

/// <summary>
/// One router: the engines, put together as the daemon does (EffectCarrier, MailReader, KernelSync), with a kernel that obeys at once. Crashing
/// forgets everything, without a last word.
/// </summary>
internal sealed partial class SimRouter(SimNetwork net, RouterPlan plan, int index)
{
    public static readonly TunnelId Tunnel = new(0);
    public static readonly NhrpInterfaceKey Key = new(Tunnel, false);
    private static readonly RibInterface TunnelInterface = RibInterface.Of(Tunnel);
    private static readonly RibInterface LanInterface = RibInterface.Of("eth1");

    private readonly Outbox<NhrpEffect> _nhrpOut = new();
    private readonly Outbox<RibEffect> _ribOut = new();
    private readonly HashSet<IpAddress> _used = [];
    private ForwardingMirror _mirror = null!;

    public RouterPlan Plan { get; } = plan;

    public int Index { get; } = index;

    public NhrpInstance Nhrp { get; private set; } = null!;

    public RibInstance Rib { get; private set; } = null!;

    public ForwardingTable Forwarding { get; private set; } = null!;

    public NatBox? Nat { get; } = plan.Nat.IsNone ? null : new NatBox(plan.Nat);

    /// <summary>The tunnel source's address.</summary>
    public IpAddress Nbma { get; private set; } = plan.Nbma;

    /// <summary>Where others see it.</summary>
    public IpAddress Outside => Nat?.Outside ?? Nbma;

    public bool Running { get; private set; }

    /// <summary>Crashed for good.</summary>
    public bool Dead { get; set; }

    /// <summary>When the queue will wake it next.</summary>
    public Instant WakeAt { get; set; } = Instant.Never;

    public Instant NextDeadline => Running ? Instant.Min(Nhrp.NextDeadline, Rib.NextDeadline) : Instant.Never;

    public void Boot(Instant now)
    {
        Running = true;
        Rib = new RibInstance();
        Nhrp = new NhrpInstance(Rib.Mirror, new SeededRandom((ulong)net.Random.NextUInt32() << 32 | net.Random.NextUInt32()), NullLogger.Instance);
        Forwarding = new ForwardingTable();
        _mirror = new ForwardingMirror(Rib.Mirror, Forwarding);
        Forwarding.SetTunnel(new TunnelForwarding { Tunnel = Tunnel, NetworkId = 1, Redirect = Plan.IsHub, Addresses = [Plan.Address] }, null, []);
        Rib.OnInterface(TunnelInterface, true, now, _ribOut);
        Rib.OnInterface(LanInterface, true, now, _ribOut);
        FromKernel(new KernelRoute(new IpPrefix(Plan.Address, 16), KernelRouteType.Unicast, 2, 0, [new RibNextHop(IpAddress.None, TunnelInterface)]), now);
        FromKernel(new KernelRoute(IpPrefix.Host(Plan.Address), KernelRouteType.Local, 2, 0, [new RibNextHop(IpAddress.None, TunnelInterface)]), now);
        if (Plan.Lan is { } lan) FromKernel(new KernelRoute(lan, KernelRouteType.Unicast, 2, 0, [new RibNextHop(IpAddress.None, LanInterface)]), now);
        Rib.Apply(new RibConfig { StaticRoutes = [.. Array.ConvertAll(Plan.Routes, ToStatic)] }, now, _ribOut);
        Assert.True(Nhrp.TryApply(Key, Config(), now, _nhrpOut));
        Nhrp.OnInterfaceChanged(Facts(), now, _nhrpOut);
        CarryOut(now);
    }

    public void Crash()
    {
        Running = false;
        _used.Clear();
        WakeAt = Instant.Never;
    }

    public void MoveTo(IpAddress nbma, Instant now)
    {
        if (Nat is not null)
        {
            // Nobody tells the router.
            Nat.MoveTo(nbma);
            return;
        }
        Nbma = nbma;
        if (!Running) return;
        Nhrp.OnInterfaceChanged(Facts(), now, _nhrpOut);
        CarryOut(now);
    }

    public void Receive(NbmaPeer from, byte[] packet, Instant now)
    {
        Nhrp.HandlePacket(new NhrpArrival(Key, from, Nbma), packet, now, _nhrpOut);
        CarryOut(now);
    }

    public void OnDeadline(Instant now)
    {
        Rib.OnDeadline(now, _ribOut);
        Nhrp.OnDeadline(now, _nhrpOut);
        Assert.True(Rib.NextDeadline > now && Nhrp.NextDeadline > now, "a deadline lies in the future after it was served");
        CarryOut(now);
    }

    /// <summary>As the daemon's housekeeping does: which adjacencies carried traffic since the last time.</summary>
    public void ReportUse(Instant now)
    {
        foreach (IpAddress nextHop in _used) Nhrp.OnUsed(Key, nextHop, now);
        _used.Clear();
        CarryOut(now);
    }

    private NhrpConfig Config() => new()
    {
        NetworkId = 1,
        Authentication = "secret",
        HoldTime = net.Plan.HoldTime,
        Redirect = Plan.IsHub,
        RegistrationUnique = !Plan.Roams,
        Nhss = Plan.Nhs is { } nhs ? [new NhsConfig { Protocol = nhs.Address, Nbma = nhs.Nbma, Multicast = true }] : [],
    };

    private NhrpInterfaceFacts Facts() => new() { Key = Key, Up = true, Addresses = [new NhrpInterfaceAddress(Plan.Address, 16)], NbmaSource = Nbma };

    private static StaticRoute ToStatic((IpPrefix Prefix, IpAddress NextHop) route) => route.NextHop.IsNone
        ? new StaticRoute(route.Prefix, IpAddress.None, RibInterface.Null)
        : new StaticRoute(route.Prefix, route.NextHop, TunnelInterface);
}
