using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// An association: one identity, proved with one credential, at one place (<see cref="IkePeers"/>, part <c>Places</c>), by one protected source, with all its SAs. Its number stays while
/// anybody depends on it, over rekeying, moves and reconnections.
/// </summary>
internal sealed class IkePeer(IkeCore core, IkeProtection protection, IkeIdentity id, string keyEntry, int association) : Timed<IkeEffect>
{
    public IkeProtection Protection { get; } = protection;

    /// <summary>Its identity, names in lower case: the key of the association.</summary>
    public IkeIdentity Id { get; } = id;

    /// <summary>See <see cref="PeerIdentity.KeyEntry"/>: the other part of the key.</summary>
    public string KeyEntry { get; } = keyEntry;

    public int Association { get; } = association;

    /// <summary>What it proved last.</summary>
    public PeerIdentity Identity { get; set; } = new(id, IkeAuthMethod.SharedKey, SiteRights.None);

    /// <summary>Where it is, or was last.</summary>
    public IpAddress Address { get; set; }

    /// <summary>Established IKE SAs, the newest last. More than one while one replaces another.</summary>
    public List<IkeSa> Sas { get; } = new(1);

    /// <summary>All its child SAs, retired ones too, the newest last.</summary>
    public List<ChildSa> Children { get; } = new(1);

    /// <summary>The one that packets leave by.</summary>
    public ChildSa? Sending { get; set; }

    /// <summary>Exchanges of ours that will give it a child SA, new ones and rekeyings: while there is one, the last child SA's end is not the peer's.</summary>
    public int ChildExchanges => Exchanges?.Count ?? 0;

    /// <summary>These exchanges; null while there are none.</summary>
    public List<CreateChildExchange>? Exchanges { get; private set; }

    /// <summary>The shell has been told that it is up.</summary>
    public bool IsUp { get; set; }

    /// <summary>When that was.</summary>
    public Instant UpSince { get; set; }

    /// <summary>How many depend on it by its association.</summary>
    public int Wants { get; set; }

    /// <summary>The target that it was reached by, or is to be reached by again.</summary>
    public IkeTarget? Target { get; set; }

    /// <summary>It can be called: we reached it, or it is behind no NAT.</summary>
    public bool IsReachable { get; set; }

    /// <summary>What is known of the length of packets that reach it; null until a packet of the data path went there.</summary>
    public PathMtuState? PathMtu { get; set; }

    /// <summary>With what its session can be resumed (RFC 5723), where we are the initiator.</summary>
    public HeldTicket? Ticket { get; set; }

    /// <summary>The next peer that was last seen at the same address.</summary>
    public IkePeer? NextAtAddress { get; set; }

    /// <summary>The next association with the same identity, which is at another place or proved with another credential.</summary>
    public IkePeer? NextOfIdentity { get; set; }

    public NbmaPeer Nbma => new(Address, Association);

    /// <summary>The IKE SA that new exchanges use.</summary>
    public IkeSa? Current
    {
        get
        {
            for (int i = Sas.Count - 1; i >= 0; i--)
            {
                if (Sas[i].IsEstablished) return Sas[i];
            }
            return null;
        }
    }

    /// <summary>True when a packet can be sent to it, or will be in a moment.</summary>
    public bool HasLiveChild
    {
        get
        {
            foreach (ChildSa child in Children)
            {
                if (child.IsLive) return true;
            }
            return false;
        }
    }

    /// <summary>True for the same identity, proved with the same credential.</summary>
    public bool Is(PeerIdentity identity) => Id.Equals(identity.Id.Normalized()) && KeyEntry == identity.KeyEntry;

    public void Add(IkeSa sa) => Sas.Add(sa);

    /// <summary>An exchange of ours is under way.</summary>
    public void Begin(CreateChildExchange exchange) => (Exchanges ??= new List<CreateChildExchange>(1)).Add(exchange);

    /// <summary>It is over.</summary>
    public void End(CreateChildExchange exchange)
    {
        Exchanges?.Remove(exchange);
        if (Exchanges is { Count: 0 }) Exchanges = null;
    }

    /// <summary>A rekeyed IKE SA takes the place of the old one.</summary>
    public void Replace(IkeSa old, IkeSa successor)
    {
        int at = Sas.IndexOf(old);
        if (at < 0) Sas.Add(successor);
        else Sas[at] = successor;
    }

    /// <summary>An IKE SA is gone, and its child SAs with it.</summary>
    public void Remove(IkeSa sa, IkeDownReason reason, Instant now, Outbox<IkeEffect> outbox)
    {
        Sas.Remove(sa);
        // "When an IKE SA is deleted by the client or the gateway, the client MUST delete its stored ticket" (RFC 5723 6.2): it is for what was interrupted.
        if (Sas.Count == 0 && reason is not (IkeDownReason.DeadPeer or IkeDownReason.Crashed))
        {
            Ticket?.Dispose();
            Ticket = null;
        }
        bool replaced = Children.Exists(child => child.IsLive && child.Sa != sa);
        foreach (ChildSa child in sa.Children.ToArray())
        {
            if (replaced) child.Retire(now, outbox);
            else child.Remove(outbox);
        }
        core.Peers.Reconsider(this, reason, now, outbox);
    }

    /// <summary>Packets leave by the newest live child SA other than <paramref name="not"/>; by one that is being deleted only when there is no other.</summary>
    public void ChooseSending(ChildSa not, Outbox<IkeEffect> outbox)
    {
        Sending = null;
        ChildSa? chosen = null;
        foreach (ChildSa child in Children)
        {
            if (child != not && child.IsLive && (chosen is null || !child.IsDeleting || chosen.IsDeleting)) chosen = child;
        }
        chosen?.Activate(outbox);
    }

    /// <summary>The time of grace after the last release is over.</summary>
    public override void OnDeadline(Instant now, Outbox<IkeEffect> outbox) => core.Peers.OnUnused(this, now, outbox);
}
