using Dmvpn.Core;
using Dmvpn.Pki;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Ike;

/// <summary>
/// IKEv2 of one router, initiator and responder (RFC 7296 and companions). Sans-IO: time comes in as <c>now</c>, what is to be done goes out through the outbox. Read first: RFC 7296
/// 1.2 to 1.5, 2.1 to 2.4 and 2.8. Four kinds of method:
/// <list type="number">
/// <item>Getters (<c>Sas</c>, <c>ChildSas</c>, <c>Peers</c>, counters): no effect; they enumerate live state, so finish one before the next call of another kind.</item>
/// <item>Events: <see cref="HandlePacket"/> from the network; <c>On…</c> from the other engines and the shell.</item>
/// <item>Commands: <see cref="TryApply"/>, <c>Clear…</c>, <see cref="Stop"/>.</item>
/// <item>Time: <see cref="NextDeadline"/>, and <see cref="OnDeadline"/> when it has come; extra calls do nothing.</item>
/// </list>
/// After each call of kinds 2 to 4 the shell carries out the outbox's effects in order.
/// </summary>
public sealed partial class IkeInstance
{
    private readonly IkeCore _core;

    /// <summary>For tests.</summary>
    internal IkeCore Core => _core;

    /// <summary>An engine without protected sources.</summary>
    public IkeInstance(IkeSecrets secrets, IChildActivity activity, IWallClock clock, IRandom random, ILogger logger) => _core = new IkeCore(secrets, activity, clock, random, logger);

    /// <summary>
    /// Into how many classes the SPIs of our child SAs fall, by the rest of a division by it: one for each thread that receives. All SAs of an IKE SA, and of those that it is rekeyed
    /// to, are of one class.
    /// </summary>
    public int SpiClasses
    {
        get => _core.SpiClasses;
        init => _core.SpiClasses = value;
    }

    /// <summary>
    /// Is the address in a network of a tunnel of the source, or reached by a route through one? There is no underlay there: nobody calls from or moves to such an address. Asked
    /// on the control thread; by default none is.
    /// </summary>
    public Func<ProtectionId, IpAddress, bool> IsInsideTunnel
    {
        get => _core.IsInsideTunnel;
        set => _core.IsInsideTunnel = value;
    }

    /// <summary>The earliest time at which <see cref="OnDeadline"/> has something to do.</summary>
    public Instant NextDeadline => _core.Timers.Next;

    /// <summary>Does what is due.</summary>
    public void OnDeadline(Instant now, Outbox<IkeEffect> outbox)
    {
        while (_core.Timers.TryPop(now, out Timed<IkeEffect>? timed)) timed.OnDeadline(now, outbox);
    }

    /// <summary>
    /// Takes a configuration into use, with the trustpoints that it names. SAs whose profile did not change stay untouched. The caller keeps former trustpoints alive
    /// for a minute: jobs may be using them.
    /// </summary>
    public void TryApply(IkeConfig config, IReadOnlyDictionary<string, Trustpoint> trustpoints, Instant now, Outbox<IkeEffect> outbox)
    {
        _core.Config = config;
        _core.Trustpoints = trustpoints;
        _core.Protections.OnConfigured(now, outbox);
        OnRevocationListsChanged(now, outbox);
    }

    /// <summary>A trustpoint has other revocation lists: SAs of peers whose certificates they name end, and no others.</summary>
    public void OnRevocationListsChanged(Instant now, Outbox<IkeEffect> outbox)
    {
        foreach (IkeSa sa in new List<IkeSa>(_core.Sas.Values))
        {
            if (sa.IsEstablished && IkeCredentials.IsRevoked(_core, sa.Profile!, sa.Authentication!.PeerCertificate)) sa.Close(IkeDownReason.Revoked, now, outbox);
        }
    }

    /// <summary>A protected source came, or its local address changed (None: it has none at present).</summary>
    public void OnProtectionChanged(ProtectionFacts facts, Instant now, Outbox<IkeEffect> outbox) => _core.Protections.OnChanged(facts, now, outbox);

    /// <summary>A protected source is gone with all its SAs: deletes are sent.</summary>
    public void OnProtectionRemoved(ProtectionId protection, Instant now, Outbox<IkeEffect> outbox) => _core.Protections.OnRemoved(protection, now, outbox);

    /// <summary>A message, without the non-ESP marker. It is not kept.</summary>
    public void HandlePacket(in IkeArrival arrival, ReadOnlySpan<byte> message, Instant now, Outbox<IkeEffect> outbox) => _core.Receiver.Handle(arrival, message, now, outbox);

    /// <summary>A job of <see cref="IkeEffectKind.RunJob"/> is done.</summary>
    public void OnJobDone(IkeJob job, Instant now, Outbox<IkeEffect> outbox) => _core.OnDone((IkeWork)job, now, outbox);

    /// <summary>
    /// Somebody (NHRP) depends on the peer: without an association, have one made with its address; with one, keep it. Counted: each call wants one <see cref="OnPeerReleased"/>.
    /// </summary>
    public void OnPeerWanted(ProtectionId protection, NbmaPeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        if (_core.Protections.Find(protection) is { } source) _core.Peers.Want(source, peer, now, outbox);
    }

    /// <summary>Nobody depends on the peer any more: its SAs go after a grace time, unless traffic goes on (idle-time).</summary>
    public void OnPeerReleased(ProtectionId protection, NbmaPeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        if (_core.Protections.Find(protection) is { } source) _core.Peers.Release(source, peer, now, outbox);
    }

    /// <summary>
    /// The configuration names an address of a source (next hop server, <c>map</c>, <c>tunnel destination</c>), or does not any more: only who answers a call of ours there is the one
    /// that is expected. Before the first <see cref="OnPeerWanted"/>. Counted.
    /// </summary>
    public void OnAddressConfigured(ProtectionId protection, IpAddress address, bool configured)
    {
        if (_core.Protections.Find(protection) is { } source) _core.Expectations.Configure(source, address, configured, _core.Peers.IsTarget(source, address));
    }

    /// <summary>The data path opened a packet of child SA <paramref name="inboundSpi"/> that came from another endpoint than the SA's: a NAT mapping changed (RFC 7296 2.23).</summary>
    public void OnEndpointChanged(uint inboundSpi, IkeEndpoint remote, Instant now, Outbox<IkeEffect> outbox)
    {
        if (_core.ChildSas.TryGetValue(inboundSpi, out ChildSa? child) && child.IsLive) _core.Mobility.OnEndpointChanged(child.Sa, remote, now, outbox);
    }

    /// <summary>
    /// Packets of the data path go to a peer. From time to time it is asked, by a message as long as the longest of them, whether those arrive; more calls than that do nothing.
    /// Small messages that are answered where long ones are not are the proof, so that a dead peer is not taken for a narrow path.
    /// </summary>
    /// <param name="association">The peer's association.</param>
    /// <param name="longest">Octets of the longest packet that goes there, outer IP header included.</param>
    /// <param name="dontFragment">Such packets bear the outer "don't fragment" bit.</param>
    /// <param name="now">The present.</param>
    /// <param name="outbox">Gets <see cref="IkeEffectKind.PathMeasured"/> when something changes.</param>
    public void OnPathUsed(int association, int longest, bool dontFragment, Instant now, Outbox<IkeEffect> outbox)
    {
        if (_core.Peers.Find(association) is { IsUp: true } peer) _core.PathMtus.OnUsed(peer, longest, dontFragment, now, outbox);
    }

    /// <summary>ESP came with an SPI that nobody knows: perhaps from a peer whose SAs this router lost (RFC 7296 1.5, RFC 6290).</summary>
    public void OnUnknownSpi(IkePath path, uint spi, Instant now, Outbox<IkeEffect> outbox) => _core.Crashes.OnUnknownSpi(path, spi, now, outbox);

    /// <summary>A child SA has carried so many bytes, or used so many sequence numbers, that it wants to be rekeyed.</summary>
    public void OnSoftLimit(uint inboundSpi, Instant now, Outbox<IkeEffect> outbox)
    {
        if (_core.ChildSas.TryGetValue(inboundSpi, out ChildSa? child)) child.OnSoftLimit(now, outbox);
    }

    /// <summary>A child SA has reached its end: nothing passes any more.</summary>
    public void OnHardLimit(uint inboundSpi, Instant now, Outbox<IkeEffect> outbox)
    {
        if (_core.ChildSas.TryGetValue(inboundSpi, out ChildSa? child)) child.OnHardLimit(now, outbox);
    }

    /// <summary>The orderly end: deletes to all peers.</summary>
    public void Stop(Instant now, Outbox<IkeEffect> outbox)
    {
        foreach (IkeProtection protection in new List<IkeProtection>(_core.Protections.All)) _core.Peers.RemoveTargets(protection, now, outbox);
        foreach (IkeSa sa in new List<IkeSa>(_core.Sas.Values)) sa.CloseAtOnce(IkeDownReason.Unconfigured, now, outbox);
    }
}
