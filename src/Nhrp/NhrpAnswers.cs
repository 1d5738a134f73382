using System.Runtime.InteropServices;
using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>
/// The answers that this router gave on one interface, and to whom: when one is no longer true, each requester gets a purge (RFC 2332 5.2.5, 6.2.1).
/// </summary>
internal sealed class NhrpAnswers(NhrpInterface owner)
{
    private PrefixTrie<NhrpAnswer> _answers = PrefixTrie<NhrpAnswer>.Empty;
    private readonly Dictionary<(NbmaPeer Peer, IpAddress Share), int> _byPeer = [];
    private int _requesters;

    public int Count => _answers.Count;

    public IEnumerable<KeyValuePair<IpPrefix, NhrpAnswer>> All => _answers.Entries();

    /// <summary>
    /// Remembers a requester; false when there is no room, or it has its share, and the answer must not be given then. What comes by way of a server that has proved itself counts for
    /// who asks: the server lets nobody ask in another's name.
    /// </summary>
    public bool Add(IpPrefix prefix, IpAddress requester, NbmaPeer peer, uint requestId, TimeSpan holdTime, Instant now)
    {
        // A station may have several addresses, and asks by them all: they are one where it asks itself.
        IpAddress share = peer.Association != 0 && NhrpTrust.IsServer(owner, peer) ? requester : IpAddress.None;
        bool isKnown = _answers.TryGet(prefix, out NhrpAnswer? answer) && answer.Requesters.ContainsKey(requester);
        if (!isKnown && (_requesters >= NhrpLimits.MaximumRequesters || _byPeer.GetValueOrDefault((peer, share)) >= NhrpLimits.AnswersPerPeer)) return false;
        if (answer is null)
        {
            answer = new NhrpAnswer(owner, prefix) { Created = now };
            _answers = _answers.Set(prefix, answer);
        }
        answer.Hits++;
        if (answer.Requesters.TryGetValue(requester, out NhrpRequester former)) CountOut(former);
        _requesters++;
        CollectionsMarshal.GetValueRefOrAddDefault(_byPeer, (peer, share), out _)++;
        answer.Requesters[requester] = new NhrpRequester(peer, requestId, now + holdTime, share);
        if (answer.Deadline.IsNever) owner.Core.Timers.Set(answer, now + holdTime);
        return true;
    }

    /// <summary>Tells everybody who was given something inside of, or around, a prefix.</summary>
    public void Purge(IpPrefix prefix, Instant now, Outbox<NhrpEffect> outbox)
    {
        foreach (NhrpAnswer answer in Overlapping(prefix)) Purge(answer, false, now, outbox);
    }

    /// <summary>Tells everybody; by the NHS when the own underlay address is a new one, which the requesters would not believe.</summary>
    public void PurgeAll(bool byServer, Instant now, Outbox<NhrpEffect> outbox)
    {
        foreach (KeyValuePair<IpPrefix, NhrpAnswer> entry in _answers.Entries()) Purge(entry.Value, byServer, now, outbox);
    }

    /// <summary>A route changed: answers that would be given otherwise now are purged.</summary>
    public void OnRouteChanged(IpPrefix prefix, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (_answers.Count == 0) return;
        foreach (NhrpAnswer answer in Overlapping(prefix))
        {
            NhrpPath path = owner.Core.Paths.Find(owner, answer.Prefix.Address);
            IpPrefix given = owner.Core.ResolutionServer.AnswerPrefix(owner, path, answer.Prefix.Address);
            if (path.Kind != NhrpPathKind.Local || given != answer.Prefix && !answer.Prefix.IsHost) Purge(answer, false, now, outbox);
        }
    }

    /// <summary>Forgets requesters whose holding time is over.</summary>
    public void OnAnswerDeadline(NhrpAnswer answer, Instant now)
    {
        Instant next = Instant.Never;
        List<IpAddress>? gone = null;
        foreach ((IpAddress address, NhrpRequester requester) in answer.Requesters)
        {
            if (requester.Expires <= now) (gone ??= []).Add(address);
            else next = Instant.Min(next, requester.Expires);
        }
        foreach (IpAddress address in gone ?? [])
        {
            if (answer.Requesters.Remove(address, out NhrpRequester requester)) CountOut(requester);
        }
        if (next.IsNever) Remove(answer);
        else owner.Core.Timers.Set(answer, next);
    }

    private void Purge(NhrpAnswer answer, bool byServer, Instant now, Outbox<NhrpEffect> outbox)
    {
        Remove(answer);
        foreach ((IpAddress address, NhrpRequester requester) in answer.Requesters)
        {
            if (requester.Expires > now) owner.Purges.Send(answer.Prefix, address, requester.Peer, byServer, now, outbox);
        }
    }

    private void Remove(NhrpAnswer answer)
    {
        _answers = _answers.Remove(answer.Prefix);
        foreach (NhrpRequester requester in answer.Requesters.Values) CountOut(requester);
        owner.Core.Timers.Set(answer, Instant.Never);
    }

    private void CountOut(in NhrpRequester requester)
    {
        _requesters--;
        ref int left = ref CollectionsMarshal.GetValueRefOrNullRef(_byPeer, (requester.Peer, requester.Share));
        if (--left == 0) _byPeer.Remove((requester.Peer, requester.Share));
    }

    private List<NhrpAnswer> Overlapping(IpPrefix prefix)
    {
        List<NhrpAnswer> found = [];
        if (_answers.Count == 0) return found;
        foreach (KeyValuePair<IpPrefix, NhrpAnswer> inside in _answers.EntriesWithin(prefix)) found.Add(inside.Value);
        IpPrefix outer = prefix;
        while (outer.Length > 0 && _answers.TryMatchCovering(new IpPrefix(outer.Address, outer.Length - 1), out outer, out NhrpAnswer? covering)) found.Add(covering);
        return found;
    }
}
