using Dmvpn.Core;
using Dmvpn.Pki;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Ike;

/// <summary>
/// IKEv2 of one router, initiator and responder (RFC 7296). Sans-IO: time comes in as <c>now</c>, what is to be done goes out through the outbox.
/// </summary>
public sealed partial class IkeInstance
{
    /// <summary>An engine without protected sources.</summary>
    public IkeInstance(IkeSecrets secrets, IChildActivity activity, IWallClock clock, IRandom random, ILogger logger) => throw new NotImplementedException();

    /// <summary>The earliest time at which <see cref="OnDeadline"/> has something to do.</summary>
    public Instant NextDeadline => throw new NotImplementedException();

    /// <summary>Does what is due.</summary>
    public void OnDeadline(Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>
    /// Takes a configuration into use, with the trustpoints that it names. SAs whose profile did not change stay untouched. The caller keeps former trustpoints alive
    /// for a minute: jobs may be using them.
    /// </summary>
    public void TryApply(IkeConfig config, IReadOnlyDictionary<string, Trustpoint> trustpoints, Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>A protected source came, or its local address changed (None: it has none at present).</summary>
    public void OnProtectionChanged(ProtectionFacts facts, Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>A protected source is gone with all its SAs: deletes are sent.</summary>
    public void OnProtectionRemoved(ProtectionId protection, Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>A message, without the non-ESP marker. It is not kept.</summary>
    public void HandlePacket(in IkeArrival arrival, ReadOnlySpan<byte> message, Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>A job of <see cref="IkeEffectKind.RunJob"/> is done.</summary>
    public void OnJobDone(IkeJob job, Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>
    /// Somebody (NHRP) depends on the peer: without an association, have one made with its address; with one, keep it. Counted: each call wants one <see cref="OnPeerReleased"/>.
    /// </summary>
    public void OnPeerWanted(ProtectionId protection, NbmaPeer peer, Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>Nobody depends on the peer any more: its SAs go after a grace time, unless traffic goes on (idle-time).</summary>
    public void OnPeerReleased(ProtectionId protection, NbmaPeer peer, Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>The data path opened a packet of child SA <paramref name="inboundSpi"/> that came from another endpoint than the SA's: a NAT mapping changed (RFC 7296 2.23).</summary>
    public void OnEndpointChanged(uint inboundSpi, IkeEndpoint remote, Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>ESP came with an SPI that nobody knows: perhaps from a peer whose SAs this router lost (RFC 7296 1.5, RFC 6290).</summary>
    public void OnUnknownSpi(IkePath path, uint spi, Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>A child SA has carried so many bytes, or used so many sequence numbers, that it wants to be rekeyed.</summary>
    public void OnSoftLimit(uint inboundSpi, Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>A child SA has reached its end: nothing passes any more.</summary>
    public void OnHardLimit(uint inboundSpi, Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();

    /// <summary>The orderly end: deletes to all peers.</summary>
    public void Stop(Instant now, Outbox<IkeEffect> outbox) => throw new NotImplementedException();
}
