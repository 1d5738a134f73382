using CsCheck;
using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Management.Config;
using Dmvpn.Nhrp;

namespace Dmvpn.Management.Tests.Config;

public sealed class RoundTripTests
{
    [Fact]
    public void WrittenConfiguration_ReadsBackEqual() => Router.Sample(config =>
    {
        string text = RunningConfig.Write(config, withSecrets: true);
        (RouterConfig? read, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(read is not null, text + ConfigReportText.Render("f", report));
        Assert.Equal(config, read);
        Assert.Equal(text, RunningConfig.Write(read, withSecrets: true));
        Assert.True(ConfigDiff.Compute(config, read).IsEmpty);
    }, iter: 1000);

    [Fact]
    public void RunningConfig_HasNoSecrets_AndItsStarsAreRefusedWithRemedy() => Router.Sample(config =>
    {
        string text = RunningConfig.Write(config);
        Assert.DoesNotContain("s3cr3t", text);
        Assert.DoesNotContain("s3cr3t", config.ToString());
        if (!text.Contains("authentication ********", StringComparison.Ordinal)) return;
        (RouterConfig? read, ConfigReport report) = ConfigLoader.Load(text);
        Assert.Null(read);
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.Error && f.Remedy == "Write the password itself");
    }, iter: 300);

    [Fact]
    public void EmptyConfiguration_PrintsAlmostNothing() =>
        Assert.Equal("!\nhostname Router\n!\nend\n", RunningConfig.Write(new RouterConfig()));

    [Fact]
    public void Printout_HasTheOrderOfIos()
    {
        const string text = """
            !
            hostname hub
            logging buffered 131072
            !
            interface Tunnel0
             description hub of the lab
             ip address 10.0.0.1 255.255.255.0
             ip address 10.0.1.1 255.255.255.0 secondary
             ip nhrp authentication ********
             ip nhrp map multicast 192.0.2.9
             no ip nhrp map multicast dynamic
             ip nhrp network-id 1
             ip nhrp holdtime 300
             ip nhrp redirect timeout 5
             no ip nhrp shortcut
             ip tcp adjust-mss 1360
             cdp enable
             ipv6 address 2001:db8::1/64
             ipv6 address fe80::1 link-local
             ipv6 nhrp network-id 1
             tunnel source eth0
             tunnel mode gre multipoint
             tunnel key 7
            !
            interface eth0
             description Internet
             ip address 192.0.2.1 255.255.255.0
            !
            router odr
             timers basic 8 24 0 40
             passive-interface Tunnel0
            ip route 10.8.0.0 255.255.0.0 10.0.0.8 10 name branch
            ipv6 route 2001:db8:8::/48 Tunnel0 fe80::8
            !
            end

            """;
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text.Replace("********", "s3cr3t"));
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        Assert.Equal(text, RunningConfig.Write(config));
        Assert.Equal(text[text.IndexOf("!\ninterface Tunnel0", StringComparison.Ordinal)..text.IndexOf("!\ninterface eth0", StringComparison.Ordinal)], RunningConfig.Write(config.Tunnels[0]));
    }

    // A configuration is a plain one and a list of edits: CsCheck shrinks a failure to the edits that matter.
    private static Gen<Func<T, T>> Edit<T, TValue>(Gen<TValue> value, Func<T, TValue, T> set) => value.Select(v => (Func<T, T>)(x => set(x, v)));

    private static Gen<T> Edited<T>(Gen<T> start, params Gen<Func<T, T>>[] edits) =>
        Gen.Select(start, Gen.OneOf<Func<T, T>>(edits).Array[0, 12], (x, all) => all.Aggregate(x, (y, edit) => edit(y)));

    private static readonly Gen<TimeSpan> Seconds = Gen.Int[1, 65535].Select(s => TimeSpan.FromSeconds(s));
    private static readonly Gen<string> Name = Gen.OneOf<string>("a", "hub-1", "DATA.centre", "x_y");

    private static Gen<NhrpConfig> Nhrp(bool v6, bool v6Transport)
    {
        Gen<IpAddress> proto = Gen.Int[2, 200].Select(i => IpAddress.Parse(v6 ? $"2001:db8:9::{i:x}" : $"10.9.0.{i}"));
        Gen<IpAddress> nbma = Gen.Int[1, 200].Select(i => IpAddress.Parse(v6Transport ? $"2001:db8:ff::{i:x}" : $"192.0.2.{i}"));
        Gen<IpPrefix> net = Gen.Int[1, 100].Select(Gen.Int[1, 24], (i, length) => new IpPrefix(IpAddress.Parse(v6 ? $"2001:db8:{i:x}::" : $"10.{i}.0.0"), length));
        Gen<byte> preference = Gen.Byte[1, 255];
        return Edited(Gen.Const(new NhrpConfig()),
            Edit<NhrpConfig, uint>(Gen.UInt[1, uint.MaxValue], (c, v) => c with { NetworkId = v }),
            Edit<NhrpConfig, string>(Gen.OneOf<string>("s3cr3t", "s3cr3t!?"), (c, v) => c with { Authentication = v }),
            Edit<NhrpConfig, TimeSpan>(Seconds, (c, v) => c with { HoldTime = v }),
            Edit<NhrpConfig, TimeSpan>(Seconds, (c, v) => c with { RegistrationTimeout = v }),
            Edit<NhrpConfig, int>(Gen.Int[0, 10], (c, v) => c with { RegistrationDelay = TimeSpan.FromSeconds(v), RegistrationUnique = v > 5 }),
            Edit<NhrpConfig, NhrpStaticMap>(Gen.Select(proto, nbma, preference, (p, n, f) => new NhrpStaticMap(IpPrefix.Host(p), n, f)),
                (c, v) => c with { Maps = c.Maps.RemoveAll(m => m.Protocol == v.Protocol && m.Nbma == v.Nbma).Add(v) }),
            Edit<NhrpConfig, NhrpStaticMap>(Gen.Select(net, nbma, preference, (p, n, f) => new NhrpStaticMap(p, n, f)),
                (c, v) => c with { Maps = c.Maps.RemoveAll(m => m.Protocol == v.Protocol && m.Nbma == v.Nbma).Add(v) }),
            Edit<NhrpConfig, IpAddress>(nbma, (c, v) => c with { MulticastMaps = c.MulticastMaps.RemoveAll(a => a == v).Add(v) }),
            Edit<NhrpConfig, NhsConfig>(Gen.Select(proto, nbma, Gen.Bool, Gen.Byte, Gen.Int[0, 10],
                    (p, n, m, r, k) => new NhsConfig { Protocol = p, Nbma = m || k > 5 ? n : IpAddress.None, Multicast = m, Priority = r, Cluster = k }),
                (c, v) => c with { Nhss = [v, .. c.Nhss.RemoveAll(s => s.Protocol == v.Protocol && s.Nbma == v.Nbma)] }),
            Edit<NhrpConfig, NhsConfig>(Gen.Select(Name, Gen.Bool, (n, m) => new NhsConfig { NbmaName = n + ".example.net", Multicast = m }),
                (c, v) => c with { Nhss = c.Nhss.RemoveAll(s => s.NbmaName == v.NbmaName).Add(v) }),
            Edit<NhrpConfig, NhsClusterConfig>(Gen.Select(Gen.Int[0, 10], Gen.Int[0, 255], (k, m) => new NhsClusterConfig(k, m)),
                (c, v) => c with { Clusters = c.Clusters.RemoveAll(x => x.Cluster == v.Cluster).Add(v) }),
            Edit<NhrpConfig, int>(Gen.Int[0, 60], (c, v) => c with { NhsFallback = TimeSpan.FromSeconds(v) }),
            Edit<NhrpConfig, int>(Gen.Int[2, 30], (c, v) => c with { Redirect = true, RedirectTimeout = TimeSpan.FromSeconds(v) }),
            Edit<NhrpConfig, NhrpSummaryMap>(Gen.Select(net, nbma, Gen.Bool, preference, (p, n, b, f) => new NhrpSummaryMap(p, b ? n : null, f)),
                (c, v) => c with { SummaryMaps = c.SummaryMaps.RemoveAll(m => m.Prefix == v.Prefix).Add(v) }),
            Edit<NhrpConfig, byte>(preference, (c, v) => c with { PathPreference = v, UseCount = v }),
            Edit<NhrpConfig, int>(Gen.Int[10, 65535], (c, v) => c with { MaxSendPackets = v, MaxSendInterval = TimeSpan.FromSeconds(v) }),
            Edit<NhrpConfig, TimeSpan>(Seconds, (c, v) => c with { RejectHold = v, Responder = "Loopback0" }),
            Edit<NhrpConfig, int>(Gen.Int[0, 255], (c, v) => c with
            {
                MulticastDynamic = (v & 1) == 0,
                Shortcut = (v & 2) == 0,
                Record = (v & 4) == 0,
                ServerOnly = (v & 8) != 0,
                NonCaching = (v & 24) == 24,
                CacheNonAuthoritative = (v & 32) == 0,
                InterestNone = (v & 64) != 0,
                SendRouted = (v & 128) != 0,
            }));
    }

    private static Gen<TunnelConfig> Tunnel(int n)
    {
        Gen<TunnelConfig> start = Gen.Enum<TunnelMode>().SelectMany(mode =>
        {
            bool v6 = mode is TunnelMode.GreIPv6 or TunnelMode.GreMultipointIPv6;
            return Gen.Select(Nhrp(false, v6), Nhrp(true, v6), Gen.Bool, (four, six, address) => new TunnelConfig
            {
                Id = new(n),
                Mode = mode,
                Source = address ? new(null, IpAddress.Parse(v6 ? $"2001:db8::{n}" : $"192.0.2.{n % 200}")) : new($"eth{n}", IpAddress.None),
                Destination = mode is TunnelMode.GreIp or TunnelMode.GreIPv6 ? IpAddress.Parse(v6 ? "2001:db8::99" : "192.0.2.99") : IpAddress.None,
                Ipv4Addresses = [new(IpAddress.Parse($"10.{n % 200}.0.1"), 24)],
                Key = (uint)n,
                IpNhrp = four,
                Ipv6Nhrp = six,
            });
        });
        return Edited(start,
            Edit<TunnelConfig, string>(Gen.OneOf<string>("x", "two  words", "a ! b"), (t, v) => t with { Description = v }),
            Edit<TunnelConfig, int>(Gen.Int[68, 9976], (t, v) => t with { IpMtu = v, Ipv6Mtu = Math.Max(1280, v) }),
            Edit<TunnelConfig, int>(Gen.Int[500, 1454], (t, v) => t with { IpAdjustMss = v, Ipv6AdjustMss = v }),
            Edit<TunnelConfig, int>(Gen.Int[0, 255], (t, v) => t with { Ipv4Addresses = t.Ipv4Addresses.RemoveAll(a => a.Length == 28).Add(new(IpAddress.Parse($"10.{n % 200}.7.{v / 16 * 16 + 1 + v % 14}"), 28, true)) }),
            Edit<TunnelConfig, int>(Gen.Int[1, 250], (t, v) => t with { Ipv6Addresses = [new(IpAddress.Parse($"2001:db8:{n}::{v:x}"), 64), new(IpAddress.Parse($"fe80::{v:x}"), 64)] }),
            Edit<TunnelConfig, byte>(Gen.Byte[1, 255], (t, v) => t with { Ttl = v, Tos = (byte)(v - 1), UnderlayNamespace = v > 100 ? "WAN" : null }),
            Edit<TunnelConfig, int>(Gen.Int[0, 63], (t, v) => t with { RelayBypassKernel = (v & 32) != 0, Checksum = (v & 1) != 0, SequenceDatagrams = (v & 2) != 0, Shutdown = (v & 4) != 0, CdpEnabled = (v & 8) != 0, IfStateNhrp = (v & 16) != 0 }),
            Edit<TunnelConfig, int>(Gen.Int[1, 255], (t, v) => t with { Keepalive = t.IsMultipoint ? null : new(TimeSpan.FromSeconds(v), v), Bandwidth = (uint)v, Delay = (uint)v }),
            Edit<TunnelConfig, int>(Gen.Int[0, 4], (t, v) => t with { ReversePathIPv4 = Check(v), ReversePathIPv6 = Check(4 - v) }),
            Edit<TunnelConfig, int>(Gen.Int[9, 30], (t, v) => t with { PathMtuDiscovery = new(v == 9 ? null : TimeSpan.FromMinutes(v), 84 + v) }));
    }

    private static ReversePath Check(int v) => v == 0 ? default : new(v > 2 ? ReversePathMode.Rx : ReversePathMode.Any, v % 2 == 0);

    private static readonly Gen<RouterConfig> Router = Gen.Int[0, 3].SelectMany(count => Edited(
        count switch
        {
            0 => Gen.Const(new RouterConfig()),
            1 => Tunnel(1).Select(a => new RouterConfig { Tunnels = [a] }),
            2 => Gen.Select(Tunnel(1), Tunnel(2), (a, b) => new RouterConfig { Tunnels = [a, b] }),
            _ => Gen.Select(Tunnel(1), Tunnel(2), Tunnel(300), (a, b, c) => new RouterConfig { Tunnels = [a, b, c with { Ipv4Addresses = [] }] }),
        },
        Edit<RouterConfig, string>(Name, (r, v) => r with { Hostname = v }),
        Edit<RouterConfig, int>(Gen.Int[1, 64], (r, v) => r with { Workers = v }),
        Edit<RouterConfig, int>(Gen.Int[0, 7], (r, v) => r with { Logging = new() { Console = v > 5 ? null : (Severity)v, Journal = (Severity)v, Buffered = v == 3 ? null : (Severity)v, BufferSize = v == 3 ? new LoggingConfig().BufferSize : 5000 + v } }),
        Edit<RouterConfig, int>(Gen.Int[10, 254], (r, v) => r with { Cdp = r.Cdp with { Enabled = v > 100, Timer = TimeSpan.FromSeconds(v), HoldTime = TimeSpan.FromSeconds(v) } }),
        Edit<RouterConfig, int>(Gen.Int[1, 250], (r, v) => r with
        {
            Odr = new()
            {
                Distance = (byte)v,
                Timers = new() { Update = TimeSpan.FromSeconds(v), Flush = TimeSpan.FromSeconds(1000) },
                Networks = v > 50 ? [new(IpAddress.Parse("10.0.0.0"), 8), new(IpAddress.Parse("192.168.0.0"), 16 + v % 17)] : [],
                PassiveByDefault = v > 100,
                PassiveTunnels = v % 2 == 0 ? [new(4), new(2)] : [],
                ActiveTunnels = v > 120 ? [new(1)] : [],
            },
        }),
        Edit<RouterConfig, int>(Gen.Int[1, 250], (r, v) => r with
        {
            LinuxInterfaces = [new() { Name = "eth0", Description = "wan", Addresses = [new(IpAddress.Parse("192.0.2.200"), 25), new(IpAddress.Parse("2001:db8:c::1"), 64)] }, new() { Name = "GigabitEthernet0/0/1" }],
        }),
        Edit<RouterConfig, int>(Gen.Int[2, 250], (r, v) => r.Tunnel(new(1)) is null ? r : r with
        {
            StaticRoutes =
            [
                new() { Prefix = new(IpAddress.FromIPv4((uint)v << 24), 8), Tunnel = new(1), NextHop = IpAddress.Parse($"10.1.0.{v}"), Distance = (byte)v },
                new() { Prefix = IpPrefix.DefaultIPv4, Tunnel = new(1), TunnelIsNamed = true, Name = "all", Tag = (uint)v },
                new() { Prefix = IpPrefix.Parse("2001:db8:77::/48"), Tunnel = new(1), TunnelIsNamed = true, NextHop = IpAddress.Parse("fe80::7") },
            ],
        })));
}
