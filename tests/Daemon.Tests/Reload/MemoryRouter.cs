using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Daemon.Control;
using Dmvpn.Daemon.Logging;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Management.Config;
using Dmvpn.Nhrp;
using Dmvpn.Runtime;
using Dmvpn.Wire.Gre;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Tests.Reload;

/// <summary>
/// The router as the daemon puts it together, but for the kernel, the sockets and the threads: configurations are applied and effects
/// carried out by the real parts, in virtual time.
/// </summary>
internal sealed class MemoryRouter : IDisposable
{
    public static readonly TunnelId Tunnel = new(0);
    public static readonly NhrpInterfaceKey Key = new(Tunnel, IPv6: false);

    private readonly ControlLoop _loop = new(NullLogger.Instance);
    private readonly ServerNames _names;
    private readonly StringWriter _log = new();
    private readonly EffectCarrier _carrier;
    private readonly ProtectionParts _protection;
    private readonly DeadlineWatch _deadlines;

    public MemoryRouter(MemoryNetwork network, int seed)
    {
        var forwarding = new ForwardingTable();
        var children = new ChildSaSet(forwarding, senders: 2, static () => { });
        var secrets = new IkeSecrets(new SecretBytes(32), new SecretBytes(32));
        var log = new RouterLog(LogLevel.Information, _log, journal: false) { FixedLevel = LogLevel.Information };
        Engines = new Engines(forwarding, secrets, children, SystemWallClock.Instance, new SeededRandom((ulong)seed), log);
        Kernel.Engines = Engines;
        Sources = new MemoryUnderlays((from, to, packet) => network.Send(from, to, packet));
        Underlays = new UnderlaySet(Sources);
        _protection = new ProtectionParts(Engines, children, Underlays, _loop);
        Tunnels = new TunnelSet(Engines, Kernel, Underlays, _ => Kernel.Links, Devices, _protection.Sources, log.CreateLogger("Tunnel"));
        _names = new ServerNames(Engines, Tunnels, log.CreateLogger("Dmvpn"), network.MakeResolver);
        _carrier = new EffectCarrier(Engines, Tunnels, Kernel, _names, _protection, controlSender: 1);
        _deadlines = new DeadlineWatch(_loop.Progress, log.CreateLogger("Dmvpn"));
        Engines.AddTo(_deadlines);
        _deadlines.Add("wants", () => _protection.Wants.NextDeadline, _protection.Wants.OnDeadline);
        _deadlines.Add("tunnels", () => Tunnels.NextDeadline, Tunnels.OnDeadline);
        Applier = new ConfigApplier(
            Engines, Tunnels, _carrier, Devices, Kernel, _names, new TrustpointStore(), workers: 1, log, log.CreateLogger("Dmvpn"));
    }

    public MemoryKernel Kernel { get; } = new();

    public MemoryDevices Devices { get; } = new();

    public MemoryUnderlays Sources { get; }

    public UnderlaySet Underlays { get; }

    public Engines Engines { get; }

    public TunnelSet Tunnels { get; }

    public ConfigApplier Applier { get; }

    /// <summary>What was logged.</summary>
    public string Log => _log.ToString();

    public bool HasServer => Engines.Nhrp.TryGetServer(Key, out _, out _);

    public bool Has(IpAddress address) => Engines.Nhrp.TryFind(Key, address, out _);

    public bool LineUp => Tunnels.TryGet(Tunnel, out TunnelInterface? tunnel) && tunnel.LineUp;

    public Instant NextDeadline => _deadlines.NextDeadline;

    /// <summary>A reload as the daemon does it: the file is read, applied, and the round ends.</summary>
    public void Reload(string text, Instant now)
    {
        Kernel.Now = now;
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(config is not null, string.Join("; ", report.Findings.Select(f => f.Reason)));
        Assert.True(Applier.Apply(config, now, out string failure) is not null, failure);
        CarryOut(now);
    }

    /// <summary>An interface came, went or changed.</summary>
    public void LinksChanged() => _names.OnLinksChanged();

    public void Deliver(IpAddress from, byte[] packet, Instant now)
    {
        Kernel.Now = now;
        if (!GreView.TryParse(packet, out GreView gre, out _) || gre.Protocol != GreProtocol.Nhrp) return;
        Engines.Nhrp.HandlePacket(new NhrpArrival(Key, new NbmaPeer(from), Source), gre.Payload, now, Engines.NhrpOut);
        CarryOut(now);
    }

    public void OnDeadline(Instant now)
    {
        Kernel.Now = now;
        _deadlines.OnDeadline(now);
        CarryOut(now);
    }

    public void CarryOut(Instant now)
    {
        _carrier.CarryOut(now);
        // The kernel's answers are more events, of the next round.
        _carrier.CarryOut(now);
        Underlays.CloseRetired(long.MaxValue);
    }

    public void Dispose()
    {
        _protection.Dispose();
        _carrier.Dispose();
        Underlays.Dispose();
        _names.Dispose();
        _loop.Dispose();
        _log.Dispose();
    }

    private IpAddress Source => Tunnels.TryGet(Tunnel, out TunnelInterface? tunnel) ? tunnel.Source : IpAddress.None;
}
