using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Ike;

/// <summary>
/// All log messages of the engine, which the shell shows as <c>%IKEV2-4-PEER_DOWN</c> by severity and name; event ids 2000-2499. 2000-2099 are for operators; the rest is what <c>debug crypto ikev2</c> shows: 2100 packet, 2200 SAs, 2300 error. None of
/// them bears a key.
/// </summary>
internal static partial class IkeLog
{
    [LoggerMessage(2000, LogLevel.Information, "{Peer} ({Identity}) is up, authenticated by {Method}", EventName = "PeerUp")]
    public static partial void PeerUpText(this ILogger logger, NbmaPeer peer, IkeIdentity identity, string method);

    [LoggerMessage(2001, LogLevel.Warning, "{Peer} ({Identity}) is down: {Reason}", EventName = "PeerDown")]
    public static partial void PeerDownText(this ILogger logger, NbmaPeer peer, IkeIdentity identity, string reason);

    [LoggerMessage(2002, LogLevel.Warning, "{Exchange} with {Remote} failed: {Why}", EventName = "NegotiationFailed")]
    public static partial void NegotiationFailedText(this ILogger logger, IkeEndpoint remote, string exchange, string why);

    [LoggerMessage(2003, LogLevel.Information, "{Peer} ({Identity}) has moved: {Local} - {Remote}")]
    public static partial void PeerMoved(this ILogger logger, NbmaPeer peer, IkeIdentity identity, IkeEndpoint local, IkeEndpoint remote);

    [LoggerMessage(2034, LogLevel.Warning, "{Peer} ({Identity}) is said to be at {Remote} now, which is not accepted: it is inside a tunnel, or belongs to another peer or to a configured address, or too many places were named")]
    public static partial void MoveRefused(this ILogger logger, NbmaPeer peer, IkeIdentity identity, IkeEndpoint remote);

    [LoggerMessage(2004, LogLevel.Warning, "{Identity} at {Remote} does not answer; last heard of {Seconds} seconds ago", EventName = "PeerDead")]
    public static partial void PeerDeadText(this ILogger logger, IkeIdentity identity, IkeEndpoint remote, long seconds);

    [LoggerMessage(2005, LogLevel.Warning, "{Identity} at {Remote} says by its token that it has lost its state (it was restarted)")]
    public static partial void PeerCrashed(this ILogger logger, IkeIdentity identity, IkeEndpoint remote);

    [LoggerMessage(2006, LogLevel.Warning, "{Exchange} from {Remote} is illegal: {Why}", EventName = "MessageIllegal")]
    public static partial void MessageIllegalText(this ILogger logger, IkeEndpoint remote, string exchange, string why);

    [LoggerMessage(2007, LogLevel.Information, "{Count} more lines about peers, too many to be logged one by one")]
    public static partial void PeerLinesLeftOut(this ILogger logger, int count);

    [LoggerMessage(2008, LogLevel.Warning, "{Exchange} with {Remote} is refused, which anybody may have said, so it is tried on: {Why}")]
    public static partial void NegotiationRefused(this ILogger logger, IkeEndpoint remote, string exchange, string why);

    [LoggerMessage(2011, LogLevel.Warning,
        "two protected tunnels have the source {Local}, with 'ipsec profile {First}' and '{Second}': a peer reaches the one whose identity it asks for, or the first. Give both one profile with 'shared', or sources of their own")]
    public static partial void SourceTwice(this ILogger logger, IpAddress local, string first, string second);

    [LoggerMessage(2010, LogLevel.Error, "{Work} failed, and its exchange ends: a fault of this program or of the crypto library, to be reported")]
    public static partial void WorkFailed(this ILogger logger, string work, Exception error);

    [LoggerMessage(2009, LogLevel.Warning,
        "{Identity} at {Remote} proves itself with the key of {Entry}, while a peer of that name is up with that of {Other}: they are two peers. Give each entry 'identity' with the name of its peer")]
    public static partial void IdentityTwice(this ILogger logger, IkeIdentity identity, IkeEndpoint remote, string entry, string other);

    [LoggerMessage(2100, LogLevel.Debug, "Send {Exchange} {Direction} {Id}, {Sa}, {Path}{Content}", EventName = "MessageSent")]
    private static partial void Sent(this ILogger logger, string exchange, string direction, uint id, string sa, IkePath path, string content);

    [LoggerMessage(2101, LogLevel.Debug, "Receive {Exchange} {Direction} {Id}, {InitiatorSpi:X16}/{ResponderSpi:X16}, {Length} octets, {Path}{Content}", EventName = "MessageReceived")]
    private static partial void Received(
        this ILogger logger, string exchange, string direction, uint id, ulong initiatorSpi, ulong responderSpi, int length, IkePath path, string content);

    [LoggerMessage(2102, LogLevel.Debug, "Sealed {Exchange} {Direction} {Id}, {Sa}, {Path}\n{Content}", EventName = "MessageSealed")]
    private static partial void Sealed(this ILogger logger, string exchange, string direction, uint id, string sa, IkePath path, string content);

    [LoggerMessage(2103, LogLevel.Debug, "Opened {Exchange} {Direction} {Id}, {Sa}, {Path}\n{Content}", EventName = "MessageOpened")]
    private static partial void Opened(this ILogger logger, string exchange, string direction, uint id, string sa, IkePath path, string content);

    [LoggerMessage(2200, LogLevel.Debug, "SA with {Identity} established, {Local} - {Remote}, {Method}, resumed: {Resumed}")]
    public static partial void SaEstablished(this ILogger logger, IkeIdentity identity, IkeEndpoint local, IkeEndpoint remote, string method, bool resumed);

    [LoggerMessage(2201, LogLevel.Debug, "{Identity}: child SA {Old:X8} rekeyed to {New:X8}, by us: {Initiator}")]
    public static partial void ChildRekeyed(this ILogger logger, IkeIdentity identity, uint old, uint @new, bool initiator);

    [LoggerMessage(2202, LogLevel.Debug, "{Identity}: {Old} rekeyed to {New}")]
    public static partial void IkeRekeyed(this ILogger logger, IkeIdentity identity, string old, string @new);

    [LoggerMessage(2203, LogLevel.Debug, "{Identity} deleted child SA {Spi:X8}")]
    public static partial void ChildDeleted(this ILogger logger, IkeIdentity identity, uint spi);

    [LoggerMessage(2204, LogLevel.Debug, "{Identity} made an IKE SA without a child SA")]
    public static partial void Childless(this ILogger logger, IkeIdentity identity);

    [LoggerMessage(2300, LogLevel.Debug, "message from {Remote} cannot be decoded: {Why}")]
    public static partial void MessageMalformed(this ILogger logger, IkeEndpoint remote, Malformed why);

    public static void PeerUp(this ILogger logger, NbmaPeer peer, IkeIdentity identity, IkeAuthMethod method) => logger.PeerUpText(peer, identity, IkeDiagnosis.Method(method));

    public static void PeerDown(this ILogger logger, NbmaPeer peer, IkeIdentity identity, IkeDownReason reason) => logger.PeerDownText(peer, identity, IkeDiagnosis.Reason(reason));

    public static void PeerDead(this ILogger logger, IkeIdentity identity, IkeEndpoint remote, TimeSpan silence) => logger.PeerDeadText(identity, remote, (long)silence.TotalSeconds);

    public static void NegotiationFailed(this ILogger logger, IkeEndpoint remote, IkeExchangeType exchange, string why) =>
        logger.NegotiationFailedText(remote, IkeNames.NameOf(exchange), why);

    public static void MessageIllegal(this ILogger logger, IkeEndpoint remote, IkeExchangeType exchange, string why) =>
        logger.MessageIllegalText(remote, IkeNames.NameOf(exchange), why);

    public static void MessageSent(this ILogger logger, IkeSa sa, IkeRequest request, in IkePath path)
    {
        if (!logger.IsEnabled(LogLevel.Debug)) return;
        logger.Sent(IkeNames.NameOf(request.Exchange), request.Tries > 1 ? "request (again)" : "request", request.Id, sa.ToString(), path, InTheClear(request.Datagrams));
    }

    public static void ResponseSent(this ILogger logger, IkeSa sa, IkeExchangeType exchange, uint id, byte[][] datagrams, in IkePath path)
    {
        if (logger.IsEnabled(LogLevel.Debug)) logger.Sent(IkeNames.NameOf(exchange), "response", id, sa.ToString(), path, InTheClear(datagrams));
    }

    public static void MessageReceived(this ILogger logger, IkeView view, in IkePath path)
    {
        if (!logger.IsEnabled(LogLevel.Debug)) return;
        string direction = view.IsResponse ? "response" : "request";
        logger.Received(IkeNames.NameOf(view.Exchange), direction, view.MessageId, view.InitiatorSpi, view.ResponderSpi, view.Bytes.Length, path, InTheClear(view));
    }

    /// <summary>What a message that goes out hides from everybody else.</summary>
    public static void MessageSealed(this ILogger logger, IkeSa sa, in IkeHeader header, in IkePayloadWriter payloads)
    {
        if (!logger.IsEnabled(LogLevel.Debug) || !IkePayloadChain.TryParse(payloads.First, payloads.Written, out IkePayloadChain chain, out _)) return;
        logger.Sealed(IkeNames.NameOf(header.Exchange), header.IsResponse ? "response" : "request", header.MessageId, sa.ToString(), sa.Path, Text(chain));
    }

    /// <summary>What a message that came hides from everybody else.</summary>
    public static void MessageOpened(this ILogger logger, IkeSa sa, IkeView view, IkePayloadChain payloads, in IkePath path)
    {
        if (logger.IsEnabled(LogLevel.Debug)) logger.Opened(IkeNames.NameOf(view.Exchange), view.IsResponse ? "response" : "request", view.MessageId, sa.ToString(), path, Text(payloads));
    }

    private static string InTheClear(byte[][] datagrams) => datagrams is [{ } only] && IkeView.TryParse(only, out IkeView view, out _) ? InTheClear(view) : "";

    private static string InTheClear(IkeView view) =>
        view.Payloads.IsEmpty || view.Payloads.First is IkePayloadType.Encrypted or IkePayloadType.EncryptedFragment ? "" : "\n" + Text(view.Payloads);

    private static string Text(IkePayloadChain payloads) => payloads.IsEmpty ? "Payload contents: none" : "Payload contents:\n" + IkeText.Format(payloads);
}
