using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Tunnel.Subjects;

/// <summary>How GRE is carried.</summary>
internal enum Carriage
{
    Clear,
    EspInUdp,
    RawEsp,
}

/// <summary>
/// The product: the right end is the hub and the left end a spoke; or, for transit, both are spokes and the hub is between them (phase 1: no shortcut).
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="carriage">How GRE is carried.</param>
/// <param name="transit">Spoke, hub, spoke.</param>
/// <param name="binary">The program.</param>
/// <param name="direct">The hub relays past its kernel, at whatever worker: for that the replay windows must be wide.</param>
internal sealed class DmvpnSubject(string name, Carriage carriage, bool transit, string binary, bool direct = false) : Subject(name)
{
    private const string HubAddress = "10.77.0.1", LeftAddress = "10.77.0.2", RightAddress = "10.77.0.3";

    // The cores are for both ends.
    private static readonly int Workers = Math.Max(Environment.ProcessorCount / 2, 1);

    private readonly List<DmvpnDaemon> _daemons = [];

    /// <summary>Both ends, and the hub between.</summary>
    public IReadOnlyList<DmvpnDaemon> Daemons => _daemons;

    public override string Description => carriage switch
    {
        Carriage.Clear => "GRE in the clear",
        Carriage.EspInUdp => "GRE in ESP (AES-128-GCM) in UDP",
        _ => "GRE in ESP (AES-128-GCM), IP protocol 50",
    } + (transit ? ", spoke to spoke through the hub" : "") + (direct ? ", past its kernel" : "") + (binary == DmvpnDaemon.Binary ? "" : $", by {binary}");

    public override bool IsTransit => transit;

    public override string? Obstacle => File.Exists(binary) ? null : $"no {binary}";

    public override string Target => transit ? RightAddress : HubAddress;

    public override Task<string> VersionAsync() => FirstLineAsync(binary, "--version");

    protected override async Task BeginAsync()
    {
        await StartAsync(Pair.Hub ?? Pair.Right, HubText).ConfigureAwait(false);
        await StartAsync(Pair.Left, SpokeText(LeftAddress, transit ? Pair.TransitLeft : Pair.LeftUnderlay)).ConfigureAwait(false);
        if (transit) await StartAsync(Pair.Right, SpokeText(RightAddress, Pair.TransitRight)).ConfigureAwait(false);
    }

    protected override async Task<string> DescribeAsync() =>
        string.Concat(await Task.WhenAll(_daemons.Select(d => d.DescribeAsync())).ConfigureAwait(false)) + string.Concat(_daemons.Select(d => d.Log));

    private async Task StartAsync(NetNamespace node, string text)
    {
        DmvpnDaemon daemon = await DmvpnDaemon.StartAsync(Pair.Run, node, text, program: binary).ConfigureAwait(false);
        _daemons.Add(daemon);
        Counts(daemon.Pid);
    }

    private string Crypto => carriage == Carriage.Clear ? "" : $"""
        crypto ikev2 proposal P
         encryption aes-gcm-128
         prf sha256
         group 19
        crypto ikev2 policy POL
         proposal P
        crypto ikev2 keyring K
         peer ANY
          address 0.0.0.0 0.0.0.0
          pre-shared-key not-for-production
        crypto ikev2 profile PR
         match identity remote any
         authentication local pre-share
         authentication remote pre-share
         keyring local K
        crypto ipsec transform-set T esp-gcm 128
         mode transport
        crypto ipsec profile B
         set transform-set T
         set ikev2-profile PR
        {(direct ? "crypto ipsec security-association replay window-size 4096\n" : "")}
        {(carriage == Carriage.EspInUdp ? "crypto ipsec nat-transparency always\n" : "")}
        """;

    private string Protection => carriage == Carriage.Clear ? "" : " tunnel protection ipsec profile B\n";

    private string Relay => direct ? " tunnel relay bypass-kernel\n" : "";

    private string HubText => $"""
        hostname hub
        platform workers {Workers}
        {Crypto}
        interface Tunnel0
         ip address {HubAddress} 255.255.255.0
         ip mtu {TunnelLimits.InnerMtu}
         ip nhrp network-id 1
         tunnel source {Pair.TransitHub}
         tunnel mode gre multipoint
        {Relay}{Protection}end

        """;

    private string SpokeText(string address, string source) => $"""
        hostname spoke
        platform workers {Workers}
        {Crypto}
        interface Tunnel0
         ip address {address} 255.255.255.0
         ip mtu {TunnelLimits.InnerMtu}
         ip nhrp network-id 1
         ip nhrp nhs {HubAddress} nbma {Pair.TransitHub}
         tunnel source {source}
         tunnel mode gre ip
         tunnel destination {Pair.TransitHub}
        {Protection}end

        """;
}
