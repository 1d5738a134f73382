using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;

namespace Dmvpn.Odr;

/// <summary>
/// Which neighbours' routes are in use, by prefix. Prefixes of two claimants do not overlap: the first keeps what it claimed
/// for as long as its routes are in use, so a member cannot draw another one's traffic by the same or a longer prefix,
/// nor keep a later one's from it without a line in the log.
/// </summary>
internal sealed class OdrClaims
{
    private PrefixTrie<OdrNeighbor[]> _holders = PrefixTrie<OdrNeighbor[]>.Empty;

    /// <summary>True since a claim was given up: what was refused for it may be taken now.</summary>
    public bool HasFreed { get; set; }

    /// <summary>Takes a prefix for a neighbour; it may have it already. False: it overlaps what <paramref name="other"/> has.</summary>
    public bool TryTake(IpPrefix prefix, OdrNeighbor neighbor, [NotNullWhen(false)] out OdrNeighbor? other)
    {
        other = FindOther(prefix, neighbor.Claimant);
        if (other is not null) return false;
        OdrNeighbor[] holders = _holders.TryGet(prefix, out OdrNeighbor[]? present) ? present : [];
        if (Array.IndexOf(holders, neighbor) < 0) _holders = _holders.Set(prefix, [.. holders, neighbor]);
        return true;
    }

    /// <summary>A neighbour's route to the prefix is not used any more.</summary>
    public void Release(IpPrefix prefix, OdrNeighbor neighbor)
    {
        if (!_holders.TryGet(prefix, out OdrNeighbor[]? holders) || Array.IndexOf(holders, neighbor) < 0) return;
        OdrNeighbor[] left = Array.FindAll(holders, holder => holder != neighbor);
        _holders = left.Length == 0 ? _holders.Remove(prefix) : _holders.Set(prefix, left);
        HasFreed = true;
    }

    /// <summary>The neighbours with a route that holds the address.</summary>
    public List<OdrNeighbor> HoldersOf(IpAddress address)
    {
        var found = new List<OdrNeighbor>();
        AddCovering(IpPrefix.Host(address), found);
        return found;
    }

    /// <summary>The neighbours with a route that overlaps the prefix.</summary>
    public List<OdrNeighbor> Overlapping(IpPrefix prefix)
    {
        var found = new List<OdrNeighbor>();
        AddCovering(prefix, found);
        foreach (KeyValuePair<IpPrefix, OdrNeighbor[]> entry in _holders.EntriesWithin(prefix)) Add(entry.Value, found);
        return found;
    }

    private OdrNeighbor? FindOther(IpPrefix prefix, string claimant)
    {
        IpPrefix inner = prefix;
        while (_holders.TryMatchCovering(inner, out IpPrefix holding, out OdrNeighbor[]? holders))
        {
            // All holders of one prefix have the same claimant.
            if (holders[0].Claimant != claimant) return holders[0];
            if (holding.Length == 0) break;
            inner = new IpPrefix(prefix.Address, holding.Length - 1);
        }
        foreach (KeyValuePair<IpPrefix, OdrNeighbor[]> entry in _holders.EntriesWithin(prefix))
        {
            if (entry.Value[0].Claimant != claimant) return entry.Value[0];
        }
        return null;
    }

    private void AddCovering(IpPrefix prefix, List<OdrNeighbor> found)
    {
        IpPrefix inner = prefix;
        while (_holders.TryMatchCovering(inner, out IpPrefix holding, out OdrNeighbor[]? holders))
        {
            Add(holders, found);
            if (holding.Length == 0) break;
            inner = new IpPrefix(prefix.Address, holding.Length - 1);
        }
    }

    private static void Add(OdrNeighbor[] holders, List<OdrNeighbor> found)
    {
        foreach (OdrNeighbor holder in holders)
        {
            if (!found.Contains(holder)) found.Add(holder);
        }
    }
}
