using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// One protected source: a tunnel source with an IPsec profile. Tunnels with <c>shared</c> protection on one source have the same one, and
/// so the same associations. Numbers are given by the shell and never used again.
/// </summary>
public readonly record struct ProtectionId(int Number)
{
    /// <inheritdoc/>
    public override string ToString() => $"protection {Number}";
}

/// <summary>What the shell knows about a protected source. Compared by value: an equal one changes nothing.</summary>
public sealed record ProtectionFacts
{
    /// <summary>Which one.</summary>
    public required ProtectionId Id { get; init; }

    /// <summary>Network namespace of the underlay; null is the daemon's own.</summary>
    public string? Namespace { get; init; }

    /// <summary>The address to send from; <see cref="IpAddress.None"/> while the source has none. Another one: the SAs move (MOBIKE) or are made anew.</summary>
    public IpAddress Local { get; init; }

    /// <summary>Name of the <c>crypto ipsec profile</c>.</summary>
    public required string Profile { get; init; }
}

/// <summary>An address and a UDP port.</summary>
public readonly record struct IkeEndpoint(IpAddress Address, ushort Port)
{
    /// <inheritdoc/>
    public override string ToString() => Address.IsIPv4 ? $"{Address}:{Port}" : $"[{Address}]:{Port}";
}

/// <summary>Between which ends a datagram goes. A local port of 4500 means: with the non-ESP marker, which the shell adds and takes away.</summary>
/// <param name="Namespace">Network namespace; null is the daemon's own.</param>
/// <param name="Local">This end; port 500 or 4500.</param>
/// <param name="Remote">The other end.</param>
public readonly record struct IkePath(string? Namespace, IkeEndpoint Local, IkeEndpoint Remote)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Local} - {Remote}{(Namespace is null ? "" : $" in {Namespace}")}";
}

/// <summary>What <see cref="IkeInstance"/> wants done.</summary>
public enum IkeEffectKind
{
    /// <summary>Send <see cref="IkeEffect.Bytes"/> by <see cref="IkeEffect.Path"/>.</summary>
    Transmit,

    /// <summary>Run <see cref="IkeEffect.Job"/> on any other thread, then call <see cref="IkeInstance.OnJobDone"/>.</summary>
    RunJob,

    /// <summary>
    /// A child SA: <see cref="IkeEffect.Child"/>. Receiving starts at once; sending too when <see cref="ChildSaInstall.SendNow"/>, otherwise with
    /// <see cref="ChildActivated"/>. The receiver of this effect owns the keys and disposes of them.
    /// </summary>
    ChildInstalled,

    /// <summary>Packets to the peer leave by child SA <see cref="IkeEffect.Spi"/> (ours) from now on.</summary>
    ChildActivated,

    /// <summary>Child SA <see cref="IkeEffect.Spi"/> (ours) is not sent by any more, but still received with.</summary>
    ChildRetired,

    /// <summary>Child SA <see cref="IkeEffect.Spi"/> (ours) goes, both ways.</summary>
    ChildRemoved,

    /// <summary>
    /// The peer <see cref="IkeEffect.Peer"/> has proved to be <see cref="IkeEffect.Identity"/> and can be reached. Before the child SA's effect. Again when it has
    /// moved: its address in Peer is the new one, the association is the same.
    /// </summary>
    PeerUp,

    /// <summary>There is no SA with the peer any more. <see cref="IkeEffect.Reason"/> says why.</summary>
    PeerDown,

    /// <summary>
    /// The endpoints of all child SAs of <see cref="IkeEffect.Peer"/> are those of <see cref="IkeEffect.Path"/> now, in UDP or not by <see cref="IkeEffect.UdpEncapsulation"/> (MOBIKE, NAT).
    /// </summary>
    PeerMoved,

    /// <summary>
    /// What is sent to a wanted address, <see cref="IkeEffect.Peer"/>, leaves by its association from now on, by none with association 0. Nobody else is it, whoever else is at the address.
    /// </summary>
    TargetBound,

    /// <summary>
    /// Nobody could be reached or authenticated at <see cref="IkeEffect.Peer"/> (association 0): packets that wait for it are dropped. It is tried again while it is wanted.
    /// </summary>
    PeerFailed,

    /// <summary>
    /// Packets to <see cref="IkeEffect.Peer"/> get through up to <see cref="IkeEffect.PathMtu"/> octets and not with <see cref="IkeEffect.Blocked"/>, outer IP header
    /// included: its answers prove it. Both are 0 when the longest ones get through again, or another path is in use.
    /// </summary>
    PathMeasured,

    /// <summary>Send one octet 0xFF, without the non-ESP marker, by <see cref="IkeEffect.Path"/>: a NAT keepalive (RFC 3948 2.3).</summary>
    Keepalive,
}

/// <summary>One effect. Which fields count is said at its kind.</summary>
public readonly record struct IkeEffect
{
    /// <summary>What to do.</summary>
    public IkeEffectKind Kind { get; init; }

    /// <summary>The protected source concerned.</summary>
    public ProtectionId Protection { get; init; }

    /// <summary>The peer: where it is, and its association.</summary>
    public NbmaPeer Peer { get; init; }

    /// <summary>Ends of the datagram, or of the peer's SAs.</summary>
    public IkePath Path { get; init; }

    /// <summary>Of a peer that moved: its child SAs' packets go in UDP from now on, or not any more.</summary>
    public bool UdpEncapsulation { get; init; }

    /// <summary>The message, without non-ESP marker, in the outbox's arena.</summary>
    public ByteRange Bytes { get; init; }

    /// <summary>The message is sent with the outer "don't fragment" bit, whatever the kernel believes of the path.</summary>
    public bool DontFragment { get; init; }

    /// <summary>Longest outer packet that got through, in octets.</summary>
    public int PathMtu { get; init; }

    /// <summary>Shortest outer packet that was tried and did not get through, in octets.</summary>
    public int Blocked { get; init; }

    /// <summary>A slow computation.</summary>
    public IkeJob? Job { get; init; }

    /// <summary>A child SA with its keys.</summary>
    public ChildSaInstall? Child { get; init; }

    /// <summary>Our SPI of a child SA.</summary>
    public uint Spi { get; init; }

    /// <summary>Who the peer is.</summary>
    public PeerIdentity? Identity { get; init; }

    /// <summary>Why.</summary>
    public IkeDownReason Reason { get; init; }
}

/// <summary>Who a peer proved to be, and what its certificate lets it claim.</summary>
/// <param name="Id">Its IKE identity.</param>
/// <param name="Method">How it proved it.</param>
/// <param name="Rights">What its certificate lets it have: tunnel addresses, role, networks.</param>
public sealed record PeerIdentity(IkeIdentity Id, IkeAuthMethod Method, SiteRights Rights)
{
    /// <summary>
    /// Whose pre-shared key it proved itself with: <c>keyring K peer P</c> or <c>profile N</c>; empty with a certificate. Who has one peer's key
    /// is that peer, whatever name he gives: a part of who the peer is, and never secret.
    /// </summary>
    public string KeyEntry { get; init; } = "";
}

/// <summary>Why a peer is down.</summary>
public enum IkeDownReason
{
    /// <summary>It deleted the SA.</summary>
    DeletedByPeer,

    /// <summary>It does not answer.</summary>
    DeadPeer,

    /// <summary>It was cleared by command.</summary>
    Cleared,

    /// <summary>The configuration or the source went.</summary>
    Unconfigured,

    /// <summary>Nothing depends on it any more.</summary>
    Unused,

    /// <summary>The lifetime ended and nothing replaced it.</summary>
    Expired,

    /// <summary>It said by its QCD token that it lost its state.</summary>
    Crashed,

    /// <summary>Its certificate was revoked.</summary>
    Revoked,
}

/// <summary>A pair of ESP SAs as the data path needs it.</summary>
public sealed class ChildSaInstall
{
    /// <summary>Which protected source.</summary>
    public required ProtectionId Protection { get; init; }

    /// <summary>The peer.</summary>
    public required NbmaPeer Peer { get; init; }

    /// <summary>Ends of the ESP packets.</summary>
    public required IkePath Path { get; init; }

    /// <summary>True: ESP in UDP (RFC 3948) between the ports of <see cref="Path"/>. False: IP protocol 50.</summary>
    public required bool UdpEncapsulation { get; init; }

    /// <summary>The algorithms.</summary>
    public required EspSuite Suite { get; init; }

    /// <summary>Tunnel mode; false is transport mode.</summary>
    public required bool TunnelMode { get; init; }

    /// <summary>Ours: packets with it come to us.</summary>
    public required uint InboundSpi { get; init; }

    /// <summary>The peer's: packets to it bear this one.</summary>
    public required uint OutboundSpi { get; init; }

    /// <summary>Key material for packets that come: encryption key, salt where there is one, integrity key (RFC 7296 2.17).</summary>
    public required SecretBytes InboundKey { get; init; }

    /// <summary>Key material for packets that go.</summary>
    public required SecretBytes OutboundKey { get; init; }

    /// <summary>What may come through it, as the peer's (remote) and our (local) selectors.</summary>
    public required ValueList<TrafficSelector> LocalSelectors { get; init; }

    /// <summary>The peer's selectors.</summary>
    public required ValueList<TrafficSelector> RemoteSelectors { get; init; }

    /// <summary>True: replaces what was sent by until now.</summary>
    public required bool SendNow { get; init; }

    /// <summary>Replay window in packets, 64-4096; 0 is off.</summary>
    public required int ReplayWindow { get; init; }

    /// <summary>Bytes after which a rekey is wanted; 0: never. The shell reports by <see cref="IkeInstance.OnSoftLimit"/>.</summary>
    public required long SoftBytes { get; init; }

    /// <summary>Bytes after which nothing may pass; 0: never.</summary>
    public required long HardBytes { get; init; }

    /// <summary>Copy the inner "don't fragment" bit, and so on, is the tunnel's business; this is only for tunnel mode: the inner addresses.</summary>
    public IpAddress TunnelLocal => LocalSelectors.Count > 0 ? LocalSelectors[0].Start : IpAddress.None;

    /// <summary>In tunnel mode the other inner address.</summary>
    public IpAddress TunnelRemote => RemoteSelectors.Count > 0 ? RemoteSelectors[0].Start : IpAddress.None;
}

/// <summary>Where a message came from.</summary>
/// <param name="Path">Its ends.</param>
public readonly record struct IkeArrival(IkePath Path);

/// <summary>
/// A slow computation (Diffie-Hellman, a signature, certificates). <see cref="Run"/> touches nothing but the job itself, and may run on any
/// thread; afterwards the job goes back by <see cref="IkeInstance.OnJobDone"/>, on the control thread.
/// </summary>
public abstract class IkeJob
{
    /// <summary>Does the work. Never throws: a failure is part of the result.</summary>
    public abstract void Run();
}

/// <summary>What the engine asks about child SAs that carry traffic. Control thread.</summary>
public interface IChildActivity
{
    /// <summary>When the last packet came through child SA <paramref name="inboundSpi"/>; <see cref="Instant.Zero"/> for never.</summary>
    Instant LastReceived(uint inboundSpi);

    /// <summary>When the last packet left through it.</summary>
    Instant LastSent(uint inboundSpi);
}
