using Dmvpn.Core;
using Dmvpn.Ipsec;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Protection;

/// <summary>What <c>debug crypto ipsec</c> and <c>debug crypto pki</c> show of this layer. Event ids 2500-2599: ESP; 2600-2699: certificates.</summary>
internal static partial class IpsecLog
{
    [LoggerMessage(2500, LogLevel.Debug, "IPSEC: {peer}: ESP SA installed, spi in 0x{inbound:X8}, out 0x{outbound:X8}, {transform}, {mode}, {local} - {remote}", EventName = "EspInstalled")]
    public static partial void EspInstalled(ILogger logger, NbmaPeer peer, uint inbound, uint outbound, string transform, string mode, IpAddress local, IpAddress remote);

    [LoggerMessage(2501, LogLevel.Debug, "IPSEC: {peer}: packets leave by spi 0x{outbound:X8} (in 0x{inbound:X8}) from now on", EventName = "EspSending")]
    public static partial void EspSending(ILogger logger, NbmaPeer peer, uint inbound, uint outbound);

    [LoggerMessage(2502, LogLevel.Debug, "IPSEC: {peer}: no ESP SA to send by; packets wait or are dropped", EventName = "EspNone")]
    public static partial void EspNone(ILogger logger, NbmaPeer peer);

    [LoggerMessage(2503, LogLevel.Debug, "IPSEC: {peer}: ESP SA removed, spi in 0x{inbound:X8}, out 0x{outbound:X8}; packets in {packetsIn}, out {packetsOut}, replayed {replayed}, forged {forged}", EventName = "EspRemoved")]
    public static partial void EspRemoved(ILogger logger, NbmaPeer peer, uint inbound, uint outbound, long packetsIn, long packetsOut, long replayed, long forged);

    [LoggerMessage(2504, LogLevel.Debug, "IPSEC: session {association}: ESP SAs go to {remote} now, in UDP: {udp}", EventName = "EspMoved")]
    public static partial void EspMoved(ILogger logger, int association, IpAddress remote, bool udp);

    [LoggerMessage(2600, LogLevel.Debug, "PKI: trustpoint {trustpoint}: {kind} {subject}, serial {serial}, valid until {end}", EventName = "CertificateLoaded")]
    public static partial void CertificateLoaded(ILogger logger, string trustpoint, string kind, string subject, string serial, DateTimeOffset end);

    [LoggerMessage(2601, LogLevel.Warning, "trustpoint {trustpoint}: {subject} is valid until {end} only; peers will not take it any more then", EventName = "CertificateEnds")]
    public static partial void CertificateEnds(ILogger logger, string trustpoint, string subject, DateTimeOffset end);

    [LoggerMessage(2602, LogLevel.Information, "trustpoint {trustpoint}: revocation list of {url}: {count} revoked, the next list is due {next}", EventName = "RevocationListTaken")]
    public static partial void RevocationListTaken(ILogger logger, string trustpoint, string url, int count, string next);

    [LoggerMessage(2603, LogLevel.Warning, "trustpoint {trustpoint}: no revocation list from {url}: {reason}; {consequence}; tried again in {seconds} s (look whether this machine reaches the address, and what is there)", EventName = "RevocationListFailed")]
    public static partial void RevocationListFailed(ILogger logger, string trustpoint, string url, string reason, string consequence, int seconds);

    [LoggerMessage(2604, LogLevel.Warning, "trustpoint {trustpoint}: the revocation list of crl-file is out of date since {end:u}; {consequence}; bring a new one ('dmvpn pki crl' makes it) and run 'dmvpn reload'", EventName = "RevocationListEnded")]
    public static partial void RevocationListEnded(ILogger logger, string trustpoint, DateTimeOffset end, string consequence);

    [LoggerMessage(2605, LogLevel.Warning, "{file} is not a file of secrets: {problem}; it is left alone, and this run has secrets of its own, so that peers come back slower after the next restart (delete it, or name another with --state)", EventName = "SecretsDamaged")]
    public static partial void SecretsDamaged(ILogger logger, string file, string problem);

    [LoggerMessage(2606, LogLevel.Warning, "{file} holds a key and may be read by others (chmod 600 it; if somebody may have read it, make a new key)", EventName = "KeyExposed")]
    public static partial void KeyExposed(ILogger logger, string file);

    public static void EspInstalled(ILogger logger, NbmaPeer peer, InboundSa inbound, OutboundSa outbound)
    {
        if (!logger.IsEnabled(LogLevel.Debug)) return;
        string mode = (inbound.IsTunnelMode ? "tunnel" : "transport") + (inbound.Path.UdpEncapsulation ? " in UDP" : "");
        string transform = Screens.CryptoNames.Transform(inbound.Suite.Encryption, inbound.Suite.KeyBits, inbound.Suite.Integrity);
        EspInstalled(logger, peer, inbound.Spi, outbound.Spi, transform, mode, inbound.Path.Local, inbound.Path.Remote);
    }
}
