using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Nhrp;

/// <summary>
/// All log messages of the engine; event ids 1000-1499. 1000-1099 are for operators; the rest is what <c>debug nhrp</c> shows: 1100 packet,
/// 1200 cache, 1300 error, 1400 detail.
/// </summary>
internal static partial class NhrpLog
{
    [LoggerMessage(1000, LogLevel.Information, "{Interface}: NHS {Nhs} ({Peer}) is up")]
    public static partial void NhsUp(this ILogger logger, NhrpInterfaceKey @interface, IpAddress nhs, NbmaPeer peer);

    [LoggerMessage(1001, LogLevel.Warning, "{Interface}: NHS {Nhs} ({Peer}) is down")]
    public static partial void NhsDown(this ILogger logger, NhrpInterfaceKey @interface, IpAddress nhs, NbmaPeer peer);

    [LoggerMessage(1002, LogLevel.Warning, "{Interface}: NHS {Nhs} ({Peer}) refused the registration: {Code}")]
    public static partial void NhsRefused(this ILogger logger, NhrpInterfaceKey @interface, IpAddress nhs, NbmaPeer peer, NhrpCieCode code);

    [LoggerMessage(1003, LogLevel.Information, "{Interface}: {Address} registered from {Peer} (claims {Claimed}) for {HoldTime} s")]
    public static partial void Registered(this ILogger logger, NhrpInterfaceKey @interface, IpAddress address, NbmaPeer peer, IpAddress claimed, int holdTime);

    [LoggerMessage(1004, LogLevel.Warning, "{Interface}: registration of {Address} from {Peer} refused: {Code}")]
    public static partial void RegistrationRefused(this ILogger logger, NhrpInterfaceKey @interface, IpAddress address, NbmaPeer peer, NhrpCieCode code);

    [LoggerMessage(1005, LogLevel.Information, "{Interface}: {Address} took its registration from {Peer} back")]
    public static partial void RegistrationPurged(this ILogger logger, NhrpInterfaceKey @interface, IpAddress address, NbmaPeer peer);

    [LoggerMessage(1006, LogLevel.Information, "{Interface}: shortcut to {Prefix} via {NextHop} (next hop override: {Override})")]
    public static partial void ShortcutUp(this ILogger logger, NhrpInterfaceKey @interface, IpPrefix prefix, IpAddress nextHop, bool @override);

    [LoggerMessage(1007, LogLevel.Information, "{Interface}: shortcut to {Prefix} via {NextHop} removed")]
    public static partial void ShortcutDown(this ILogger logger, NhrpInterfaceKey @interface, IpPrefix prefix, IpAddress nextHop);

    [LoggerMessage(1008, LogLevel.Warning,
        "{Interface}: authentication failure, packet from {Peer}: its NHRP password is {How}; 'ip nhrp authentication' must be the same on all routers of the tunnel")]
    public static partial void AuthenticationFailed(this ILogger logger, NhrpInterfaceKey @interface, NbmaPeer peer, string how);

    [LoggerMessage(1011, LogLevel.Warning, "{Interface}: NHS {Nhs} ({Peer}) does not accept our NHRP password: 'ip nhrp authentication' must be the same here and there")]
    public static partial void PasswordRefused(this ILogger logger, NhrpInterfaceKey @interface, IpAddress nhs, NbmaPeer peer);

    [LoggerMessage(1012, LogLevel.Warning, "{Interface}: no shortcut to {Destination} by {NextHop}, {Name} ({Peer}): {Why}; traffic goes by the hub")]
    public static partial void ShortcutRefused(
        this ILogger logger, NhrpInterfaceKey @interface, IpAddress destination, IpAddress nextHop, string name, NbmaPeer peer, string why);

    [LoggerMessage(1013, LogLevel.Warning,
        "{Interface}: {Station} and this router are behind one NAT ({Outside}), through which neither can call the other: their traffic goes by the hub")]
    public static partial void SameNat(this ILogger logger, NhrpInterfaceKey @interface, IpAddress station, IpAddress outside);

    [LoggerMessage(1014, LogLevel.Warning, "{Interface}: {Name} ({Peer}) has {Count} {What}, no more are accepted from one peer")]
    public static partial void QuotaFull(this ILogger logger, NhrpInterfaceKey @interface, string name, NbmaPeer peer, int count, string what);

    [LoggerMessage(1020, LogLevel.Warning,
        "{Interface}: {Address} claimed by {Claimer} ({ClaimerPeer}) belongs to {Owner} ({OwnerPeer}): refused; two stations are configured with one address, or one of them lies")]
    public static partial void ClaimOfOther(
        this ILogger logger, NhrpInterfaceKey @interface, IpAddress address, string claimer, NbmaPeer claimerPeer, string owner, NbmaPeer ownerPeer);

    [LoggerMessage(1021, LogLevel.Warning,
        "{Interface}: {Address} is not in the certificate of {Claimer} ({ClaimerPeer}): refused; issue a certificate with this address, or use 'ip nhrp authorization identity'")]
    public static partial void ClaimNotCertified(this ILogger logger, NhrpInterfaceKey @interface, IpAddress address, string claimer, NbmaPeer claimerPeer);

    [LoggerMessage(1022, LogLevel.Warning,
        "{Interface}: {Claimer} ({ClaimerPeer}) answers as next hop server {Address}, and its certificate does not let it be that: refused; issue the hub's certificate with this address and without a spoke's role")]
    public static partial void NotTheServer(this ILogger logger, NhrpInterfaceKey @interface, IpAddress address, string claimer, NbmaPeer claimerPeer);

    [LoggerMessage(1023, LogLevel.Warning,
        "{Interface}: whoever is at {Peer} may not be the next hop server {Nhs} by its certificate: nothing is sent there until the server proves itself")]
    public static partial void ServerSuspended(this ILogger logger, NhrpInterfaceKey @interface, NbmaPeer peer, IpAddress nhs);

    [LoggerMessage(1009, LogLevel.Warning, "{Interface}: received Error Indication from {Source} ({Peer}), code: {Code}, offset: {Offset}")]
    public static partial void ErrorReceived(this ILogger logger, NhrpInterfaceKey @interface, IpAddress source, NbmaPeer peer, NhrpErrorCode code, int offset);

    [LoggerMessage(1010, LogLevel.Information, "NHRP: {Count} more registrations, refusals and the like, too many to be logged one by one")]
    public static partial void PeerLinesLeftOut(this ILogger logger, int count);

    [LoggerMessage(1100, LogLevel.Debug, "NHRP: Send {Type} via {Interface} to {Peer}, packet size: {Size}\n{Packet}")]
    public static partial void PacketSent(this ILogger logger, string type, NhrpInterfaceKey @interface, NbmaPeer peer, int size, string packet);

    [LoggerMessage(1101, LogLevel.Debug, "NHRP: Receive {Type} via {Interface} from {Peer}, packet size: {Size}\n{Packet}")]
    public static partial void PacketReceived(this ILogger logger, string type, NhrpInterfaceKey @interface, NbmaPeer peer, int size, string packet);

    [LoggerMessage(1200, LogLevel.Debug, "NHRP: {Interface}: cache add {Address}, NBMA {Peer} (claimed {Claimed})")]
    public static partial void MappingUp(this ILogger logger, NhrpInterfaceKey @interface, IpAddress address, NbmaPeer peer, IpAddress claimed);

    [LoggerMessage(1201, LogLevel.Debug, "NHRP: {Interface}: cache delete {Address}, NBMA {Peer}")]
    public static partial void MappingDown(this ILogger logger, NhrpInterfaceKey @interface, IpAddress address, NbmaPeer peer);

    [LoggerMessage(1202, LogLevel.Debug, "NHRP: {Interface}: {Prefix} purged by {Source}")]
    public static partial void ShortcutPurged(this ILogger logger, NhrpInterfaceKey @interface, IpPrefix prefix, IpAddress source);

    [LoggerMessage(1300, LogLevel.Debug, "NHRP: {Interface}: packet from {Peer} is in error: {Code}, offset {Offset}")]
    public static partial void ErrorFound(this ILogger logger, NhrpInterfaceKey @interface, NbmaPeer peer, NhrpErrorCode code, int offset);

    [LoggerMessage(1301, LogLevel.Debug, "NHRP: {Interface}: packet from {Peer} cannot be decoded: {Why}")]
    public static partial void PacketMalformed(this ILogger logger, NhrpInterfaceKey @interface, NbmaPeer peer, Wire.Malformed why);

    [LoggerMessage(1400, LogLevel.Debug, "NHRP: {Interface}: nobody resolves {Destination}")]
    public static partial void ResolutionUnanswered(this ILogger logger, NhrpInterfaceKey @interface, IpAddress destination);

    [LoggerMessage(1401, LogLevel.Debug, "NHRP: {Interface}: resolution of {Destination} refused: {Code}")]
    public static partial void ResolutionRefused(this ILogger logger, NhrpInterfaceKey @interface, IpAddress destination, NhrpCieCode code);

    [LoggerMessage(1402, LogLevel.Debug, "NHRP: {Interface}: refused {Source} the resolution of {Destination}: {Code}")]
    public static partial void ResolutionDenied(this ILogger logger, NhrpInterfaceKey @interface, IpAddress source, IpAddress destination, NhrpCieCode code);
}
