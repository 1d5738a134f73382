using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Ipsec;
using Dmvpn.Nhrp;

namespace Dmvpn.Daemon.Protection;

/// <summary>
/// Carries out what IKE asks for: SAs into the data path, peers into the table and to NHRP. Messages are sent afterwards (<see cref="Send"/>), when what they announce is in
/// place. Control thread only.
/// </summary>
internal sealed class IkeCarrier(Engines engines, PeerTable peers, AdjacencyBinder adjacencies, ChildSaSet children, IkeTransport transport, IkeJobRunner jobs, PathUse paths)
{
    public void Carry(in IkeEffect effect, Instant now)
    {
        switch (effect.Kind)
        {
            case IkeEffectKind.RunJob:
                jobs.Start(effect.Job!);
                break;
            case IkeEffectKind.PeerUp:
                OnPeerUp(effect, now);
                break;
            case IkeEffectKind.TargetBound:
                OnTargetBound(effect.Protection, effect.Peer, now);
                break;
            case IkeEffectKind.PeerMoved:
                children.Move(effect.Peer.Association, effect.Path, effect.UdpEncapsulation);
                OnMoved(effect.Peer, now);
                break;
            case IkeEffectKind.ChildInstalled:
                OnChildInstalled(effect.Child!, now);
                break;
            case IkeEffectKind.ChildActivated:
                if (peers.TryGet(effect.Peer.Association, out ProtectedPeerEntry? activated)) SendBy(activated, effect.Spi);
                break;
            case IkeEffectKind.ChildRetired:
                if (peers.TryGet(effect.Peer.Association, out ProtectedPeerEntry? retired) && retired.Sending == effect.Spi) SendBy(retired, Newest(retired, except: effect.Spi));
                break;
            case IkeEffectKind.ChildRemoved:
                OnChildRemoved(effect.Peer.Association, effect.Spi);
                break;
            case IkeEffectKind.PathMeasured:
                if (peers.TryGet(effect.Peer.Association, out ProtectedPeerEntry? measured)) OnPathMeasured(measured, effect);
                break;
            case IkeEffectKind.PeerDown:
                OnPeerDown(effect, now);
                break;
            case IkeEffectKind.PeerFailed:
                engines.Nhrp.OnPeerUnreachable(effect.Peer, now, engines.NhrpOut);
                break;
            default:
                break;
        }
    }

    /// <summary>Sends the messages of this round.</summary>
    public void Send()
    {
        foreach (ref readonly IkeEffect effect in engines.IkeOut.Effects)
        {
            if (effect.Kind == IkeEffectKind.Keepalive) transport.SendKeepalive(effect.Path);
            else if (effect.Kind == IkeEffectKind.Transmit) transport.Send(effect.Path, engines.IkeOut.Bytes(effect.Bytes), effect.DontFragment);
        }
        transport.Flush();
        engines.IkeOut.Clear();
    }

    private void OnPeerUp(in IkeEffect effect, Instant now)
    {
        NbmaPeer? before = peers.Put(effect.Protection, effect.Peer, effect.Identity!);
        if (before is { } old && old != effect.Peer) engines.Nhrp.OnPeerMoved(old, effect.Peer, now, engines.NhrpOut);
        var identity = new NhrpIdentity(effect.Identity!.Id.ToString(), effect.Identity.Rights)
        {
            Protection = effect.Protection.Number,
            Key = $"{(byte)effect.Identity.Id.Type}:{Convert.ToHexString(effect.Identity.Id.Normalized().Data)}:{effect.Identity.KeyEntry}",
        };
        engines.Nhrp.OnPeerIdentified(effect.Peer, identity, now, engines.NhrpOut);
        SetRights(effect.Peer.Association, effect.Identity.Rights);
        if (peers.TryGet(effect.Peer.Association, out ProtectedPeerEntry? entry) && entry.Sending != 0) SendBy(entry, entry.Sending);
    }

    /// <summary>The workers ask by snapshot: another one, so that they ask again.</summary>
    private void SetRights(int association, SiteRights? rights)
    {
        engines.Forwarding.Security.SetRights(association, rights);
        engines.Forwarding.Touch();
    }

    private void OnMoved(NbmaPeer to, Instant now)
    {
        if (!peers.TryGet(to.Association, out ProtectedPeerEntry? entry) || entry.Peer == to) return;
        NbmaPeer before = PeerTable.Move(entry, to);
        if (entry.Sending != 0) SendBy(entry, entry.Sending);
        engines.Nhrp.OnPeerMoved(before, to, now, engines.NhrpOut);
    }

    private void OnChildInstalled(ChildSaInstall child, Instant now)
    {
        children.Install(child, now);
        if (!peers.TryGet(child.Peer.Association, out ProtectedPeerEntry? entry)) return;
        entry.Children.Add(child.InboundSpi);
        children.SetPathMtu(child.InboundSpi, entry.PathMtu);
        if (child.SendNow) SendBy(entry, child.InboundSpi);
    }

    private void OnChildRemoved(int association, uint spi)
    {
        if (peers.TryGet(association, out ProtectedPeerEntry? entry))
        {
            entry.Children.Remove(spi);
            if (entry.Sending == spi) SendBy(entry, Newest(entry, except: spi));
        }
        children.Remove(spi);
    }

    private void OnPathMeasured(ProtectedPeerEntry entry, in IkeEffect effect)
    {
        entry.PathMtu = effect.PathMtu == 0 ? OutboundSa.UnknownPathMtu : effect.PathMtu;
        foreach (uint spi in entry.Children) children.SetPathMtu(spi, entry.PathMtu);
        paths.OnMeasured(entry, effect.PathMtu, effect.Blocked);
    }

    private void OnPeerDown(in IkeEffect effect, Instant now)
    {
        if (!peers.TryGet(effect.Peer.Association, out ProtectedPeerEntry? entry)) return;
        NbmaPeer was = entry.Peer;
        SendBy(entry, 0);
        foreach (uint spi in entry.Children) children.Remove(spi);
        peers.Remove(entry);
        SetRights(was.Association, null);
        engines.Nhrp.OnPeerLost(was, now, engines.NhrpOut);
    }

    /// <summary>A station that is known by its address alone is this peer from now on, or nobody.</summary>
    private void OnTargetBound(ProtectionId protection, NbmaPeer to, Instant now)
    {
        int before = peers.Bind(protection, to);
        var station = new NbmaPeer(to.Address);
        bool found = peers.TryFind(protection, station, out ProtectedPeerEntry? entry);
        children.SetSending(protection, station, found ? entry!.Sending : 0);
        if (found && entry!.Sending != 0) adjacencies.OnPeerReady(entry);
        engines.Nhrp.OnAddressBound(protection.Number, to, configured: false, now, engines.NhrpOut);
        // Who is bound no more because it went is lost; one that nobody wants any more is not.
        if (to.Association == 0 && before != 0 && !peers.TryGet(before, out _)) engines.Nhrp.OnPeerLost(station, now, engines.NhrpOut);
    }

    /// <summary>Packets to the peer, by its association and by the addresses that are bound to it, leave by this child SA (0: by none, they wait or are dropped).</summary>
    private void SendBy(ProtectedPeerEntry entry, uint spi)
    {
        entry.Sending = spi;
        children.SetSending(entry.Protection, entry.Peer, spi);
        foreach (IpAddress address in peers.AddressesOf(entry)) children.SetSending(entry.Protection, new NbmaPeer(address), spi);
        // A peer that was ready elsewhere is ready here too: mappings may have waited for it at its new address.
        if (spi != 0) adjacencies.OnPeerReady(entry);
    }

    private static uint Newest(ProtectedPeerEntry entry, uint except)
    {
        for (int i = entry.Children.Count - 1; i >= 0; i--)
        {
            if (entry.Children[i] != except) return entry.Children[i];
        }
        return 0;
    }
}
