using System.Runtime.InteropServices;
using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>Why multicast goes to a peer.</summary>
[Flags]
internal enum MulticastReasons : byte
{
    None = 0,
    Static = 1,
    Nhs = 2,
}

/// <summary>What one peer is used for on one interface.</summary>
internal struct PeerUse
{
    /// <summary>Head of the chain of its mappings.</summary>
    public NhrpMapping? First;

    /// <summary>Length of the chain.</summary>
    public int Count;

    /// <summary>How many of them are registrations.</summary>
    public int Registered;

    public MulticastReasons Multicast;

    /// <summary>True after MulticastUp.</summary>
    public bool MulticastUp;
}

/// <summary>Peers and multicast.</summary>
internal sealed partial class NhrpCache
{
    /// <summary>How many mappings lead to a peer.</summary>
    public int CountOf(NbmaPeer peer) => _peers.TryGetValue(peer, out PeerUse use) ? use.Count : 0;

    /// <summary>How many of them are registrations.</summary>
    public int RegisteredOf(NbmaPeer peer) => _peers.TryGetValue(peer, out PeerUse use) ? use.Registered : 0;

    /// <summary>Adds or takes away a reason for sending multicast to a peer.</summary>
    public void SetMulticast(NbmaPeer peer, MulticastReasons reason, bool on, Outbox<NhrpEffect> outbox)
    {
        ref PeerUse use = ref CollectionsMarshal.GetValueRefOrAddDefault(_peers, peer, out _);
        use.Multicast = on ? use.Multicast | reason : use.Multicast & ~reason;
        UpdateMulticast(peer, ref use, outbox);
        DropIfIdle(peer, use);
    }

    /// <summary><c>map multicast dynamic</c> was switched.</summary>
    public void UpdateAllMulticast(Outbox<NhrpEffect> outbox)
    {
        foreach (NbmaPeer peer in new List<NbmaPeer>(_peers.Keys)) UpdateMulticast(peer, ref CollectionsMarshal.GetValueRefOrNullRef(_peers, peer), outbox);
    }

    private void Link(NhrpMapping mapping, Outbox<NhrpEffect> outbox)
    {
        ref PeerUse use = ref CollectionsMarshal.GetValueRefOrAddDefault(_peers, mapping.Peer, out _);
        mapping.NextOfPeer = use.First;
        mapping.PreviousOfPeer = null;
        if (use.First is not null) use.First.PreviousOfPeer = mapping;
        use.First = mapping;
        if (use.Count++ == 0) outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.PeerWanted, Key = owner.Key, Peer = mapping.Peer });
        if (mapping.Origin == NhrpOrigin.Registered) use.Registered++;
        UpdateMulticast(mapping.Peer, ref use, outbox);
    }

    private void Unlink(NhrpMapping mapping, Outbox<NhrpEffect> outbox)
    {
        ref PeerUse use = ref CollectionsMarshal.GetValueRefOrAddDefault(_peers, mapping.Peer, out _);
        if (mapping.PreviousOfPeer is null) use.First = mapping.NextOfPeer;
        else mapping.PreviousOfPeer.NextOfPeer = mapping.NextOfPeer;
        if (mapping.NextOfPeer is not null) mapping.NextOfPeer.PreviousOfPeer = mapping.PreviousOfPeer;
        mapping.NextOfPeer = mapping.PreviousOfPeer = null;
        if (mapping.Origin == NhrpOrigin.Registered) use.Registered--;
        use.Count--;
        UpdateMulticast(mapping.Peer, ref use, outbox);
        if (use.Count == 0) outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.PeerReleased, Key = owner.Key, Peer = mapping.Peer });
        DropIfIdle(mapping.Peer, use);
    }

    private void CountRegistered(NbmaPeer peer, int change, Outbox<NhrpEffect> outbox)
    {
        ref PeerUse use = ref CollectionsMarshal.GetValueRefOrAddDefault(_peers, peer, out _);
        use.Registered += change;
        UpdateMulticast(peer, ref use, outbox);
    }

    private void UpdateMulticast(NbmaPeer peer, ref PeerUse use, Outbox<NhrpEffect> outbox)
    {
        bool on = use.Multicast != MulticastReasons.None || use.Registered > 0 && owner.Config.MulticastDynamic;
        if (on == use.MulticastUp) return;
        use.MulticastUp = on;
        outbox.Add(new NhrpEffect { Kind = on ? NhrpEffectKind.MulticastUp : NhrpEffectKind.MulticastDown, Key = owner.Key, Peer = peer });
    }

    private void DropIfIdle(NbmaPeer peer, in PeerUse use)
    {
        if (use.Count == 0 && use.Multicast == MulticastReasons.None) _peers.Remove(peer);
    }
}
