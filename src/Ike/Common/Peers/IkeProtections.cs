using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>All protected sources, and what a new configuration or another address means for their SAs.</summary>
internal sealed class IkeProtections(IkeCore core)
{
    private readonly Dictionary<ProtectionId, IkeProtection> _byId = [];

    public IEnumerable<IkeProtection> All => _byId.Values;

    public IkeProtection? Find(ProtectionId id) => _byId.GetValueOrDefault(id);

    /// <summary>The sources that a message to this end may be for: several profiles may share an address, and only the peer's identity tells which is meant.</summary>
    public List<IkeProtection> At(string? underlay, IpAddress local)
    {
        var found = new List<IkeProtection>(1);
        foreach (IkeProtection protection in _byId.Values)
        {
            if (protection.Facts.Local == local && protection.Facts.Namespace == underlay && protection.Policy is not null) found.Add(protection);
        }
        return found;
    }

    public void OnChanged(ProtectionFacts facts, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!_byId.TryGetValue(facts.Id, out IkeProtection? protection))
        {
            _byId.Add(facts.Id, protection = new IkeProtection(core, facts));
            protection.Configure(core.Config);
            WarnOfTwins(protection);
            return;
        }
        ProtectionFacts before = protection.Facts;
        if (before == facts) return;
        protection.Facts = facts;
        if (before.Local != facts.Local || before.Namespace != facts.Namespace) WarnOfTwins(protection);
        bool changed = protection.Configure(core.Config);
        if (changed || before.Namespace != facts.Namespace) CloseAll(protection, IkeDownReason.Unconfigured, now, outbox);
        else if (before.Local != facts.Local) core.Mobility.OnLocalChanged(protection, now, outbox);
        core.Peers.ConnectAll(protection, now, outbox);
    }

    public void OnRemoved(ProtectionId id, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!_byId.Remove(id, out IkeProtection? protection)) return;
        core.Peers.RemoveTargets(protection, now, outbox);
        CloseAll(protection, IkeDownReason.Unconfigured, now, outbox);
        core.Expectations.Remove(id);
    }

    /// <summary>
    /// A new configuration. Closed is what was made by a profile, keyring or transform set that is another now; what is new, or was missing, is tried at once.
    /// </summary>
    public void OnConfigured(Instant now, Outbox<IkeEffect> outbox)
    {
        core.Expectations.OnConfigured();
        foreach (IkeProtection protection in _byId.Values)
        {
            bool changed = protection.Configure(core.Config);
            foreach (IkePeer peer in PeersOf(protection))
            {
                foreach (IkeSa sa in peer.Sas.ToArray())
                {
                    if (changed || protection.Policy is null || !IsUnchanged(sa)) sa.Close(IkeDownReason.Unconfigured, now, outbox);
                    else sa.StartLiveness(now);
                }
            }
            foreach (IkeSa sa in new List<IkeSa>(core.Sas.Values))
            {
                // Begun with a profile that is not the present one: begun anew.
                if (sa.Handshake is InitiatorHandshake handshake && handshake.Protection == protection && (changed || !core.Config.Profiles.Contains(handshake.Profile)))
                    sa.CloseAtOnce(IkeDownReason.Unconfigured, now, outbox);
            }
            core.Peers.ConnectAll(protection, now, outbox);
        }
    }

    public void CloseAll(IkeProtection protection, IkeDownReason reason, Instant now, Outbox<IkeEffect> outbox)
    {
        foreach (IkePeer peer in PeersOf(protection))
        {
            foreach (IkeSa sa in peer.Sas.ToArray()) sa.Close(reason, now, outbox);
        }
        foreach (IkeSa sa in new List<IkeSa>(core.Sas.Values))
        {
            if (sa.Handshake is InitiatorHandshake handshake && handshake.Protection == protection) sa.CloseAtOnce(reason, now, outbox);
        }
    }

    /// <summary>Two sources that the configuration writes differently came to one address: nobody but the caller can say which is meant.</summary>
    private void WarnOfTwins(IkeProtection protection)
    {
        ProtectionFacts facts = protection.Facts;
        foreach (IkeProtection other in _byId.Values)
        {
            if (other != protection && !facts.Local.IsNone && other.Facts.Local == facts.Local && other.Facts.Namespace == facts.Namespace)
                core.Logger.SourceTwice(facts.Local, other.Facts.Profile, facts.Profile);
        }
    }

    private List<IkePeer> PeersOf(IkeProtection protection)
    {
        var peers = new List<IkePeer>();
        foreach (IkePeer peer in core.Peers.All)
        {
            if (peer.Protection == protection) peers.Add(peer);
        }
        return peers;
    }

    /// <summary>The profile is the same, and so is the entry of the keyring; other entries do not matter.</summary>
    private bool IsUnchanged(IkeSa sa)
    {
        Ikev2Profile used = sa.Profile!;
        Ikev2Profile? present = null;
        foreach (Ikev2Profile candidate in core.Config.Profiles)
        {
            if (candidate.Name == used.Name) present = candidate;
        }
        if (present != used) return false;
        if (sa.Authentication!.Keyring is not { } entry || entry == IkeCredentials.OwnKeys(used).Peers[0]) return true;
        foreach (Ikev2Keyring keyring in core.Config.Keyrings)
        {
            if (keyring.Name == used.Keyring && keyring.Peers.Contains(entry)) return true;
        }
        return false;
    }
}
