using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// An immutable list of the peers that get a tunnel's multicast. Lists share their storage: adding writes behind the end of
/// all lists that there are, so it copies nothing (100,000 spokes register within seconds); removing copies one chunk and the array of chunks. Order is
/// not kept: removal puts the last one into the gap. Made by one thread, read by any.
/// </summary>
public sealed class MulticastList
{
    private const int ChunkBits = 7;
    private const int ChunkSize = 1 << ChunkBits;

    /// <summary>Nobody.</summary>
    public static readonly MulticastList Empty = new(new Storage([], 0), 0);

    private readonly Storage _storage;
    private readonly NbmaPeer[]?[] _chunks;

    private MulticastList(Storage storage, int count) => (_storage, _chunks, Count) = (storage, storage.Chunks, count);

    /// <summary>How many peers.</summary>
    public int Count { get; }

    /// <summary>A peer, 0 to <see cref="Count"/> - 1.</summary>
    public NbmaPeer this[int index] => _chunks[index >> ChunkBits]![index & (ChunkSize - 1)];

    /// <summary>The list with one more peer, at index <see cref="Count"/>. Whether it is there already is for the caller to know.</summary>
    public MulticastList Add(NbmaPeer peer)
    {
        int chunk = Count >> ChunkBits, place = Count & (ChunkSize - 1);
        Storage storage = _storage;
        if (storage.Used != Count || chunk == storage.Chunks.Length)
        {
            // A longer list has the place behind our end, or there is none: storage of our own. The last chunk is the only one that will be written.
            var chunks = new NbmaPeer[]?[Math.Max(4, chunk == _chunks.Length ? chunk * 2 : _chunks.Length)];
            _chunks.AsSpan(0, Math.Min(chunk + (place > 0 ? 1 : 0), _chunks.Length)).CopyTo(chunks);
            if (place > 0) chunks[chunk] = (NbmaPeer[])chunks[chunk]!.Clone();
            storage = new Storage(chunks, Count);
        }
        (storage.Chunks[chunk] ??= new NbmaPeer[ChunkSize])[place] = peer;
        storage.Used = Count + 1;
        return new MulticastList(storage, Count + 1);
    }

    /// <summary>The list without the peer at <paramref name="index"/>, whose place the last one takes.</summary>
    public MulticastList RemoveAt(int index)
    {
        int last = Count - 1;
        NbmaPeer moved = this[last];
        int used = last + ChunkSize - 1 >> ChunkBits;
        var chunks = new NbmaPeer[]?[used];
        _chunks.AsSpan(0, used).CopyTo(chunks);
        if (index != last)
        {
            var chunk = (NbmaPeer[])chunks[index >> ChunkBits]!.Clone();
            chunk[index & (ChunkSize - 1)] = moved;
            chunks[index >> ChunkBits] = chunk;
        }
        // Its last chunk may have been written behind the new end: Used says that the next Add must not.
        return new MulticastList(new Storage(chunks, -1), last);
    }

    /// <param name="used">How far it is written: the length of the longest list in it; -1 when that is not known.</param>
    private sealed class Storage(NbmaPeer[]?[] chunks, int used)
    {
        public readonly NbmaPeer[]?[] Chunks = chunks;
        public int Used = used;
    }
}
