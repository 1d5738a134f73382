using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// An immutable list of the peers that get a tunnel's multicast. A change copies one chunk and the array of chunks, not
/// the list (100,000 spokes). Order is not kept: removal puts the last one into the gap.
/// </summary>
public sealed class MulticastList
{
    private const int ChunkBits = 7;
    private const int ChunkSize = 1 << ChunkBits;

    /// <summary>Nobody.</summary>
    public static readonly MulticastList Empty = new([], 0);

    private readonly NbmaPeer[][] _chunks;

    private MulticastList(NbmaPeer[][] chunks, int count) => (_chunks, Count) = (chunks, count);

    /// <summary>How many peers.</summary>
    public int Count { get; }

    /// <summary>A peer, 0 to <see cref="Count"/> - 1.</summary>
    public NbmaPeer this[int index] => _chunks[index >> ChunkBits][index & (ChunkSize - 1)];

    /// <summary>The list with one more peer, at index <see cref="Count"/>. Whether it is there already is for the caller to know.</summary>
    public MulticastList Add(NbmaPeer peer)
    {
        int chunk = Count >> ChunkBits;
        NbmaPeer[][] chunks = chunk < _chunks.Length ? [.. _chunks] : [.. _chunks, []];
        int used = Count & (ChunkSize - 1);
        chunks[chunk] = [.. chunks[chunk].AsSpan(0, used), peer];
        return new MulticastList(chunks, Count + 1);
    }

    /// <summary>The list without the peer at <paramref name="index"/>, whose place the last one takes.</summary>
    public MulticastList RemoveAt(int index)
    {
        int last = Count - 1;
        NbmaPeer moved = this[last];
        var chunks = (NbmaPeer[][])_chunks.Clone();
        chunks[last >> ChunkBits] = chunks[last >> ChunkBits][..(last & (ChunkSize - 1))];
        if (index != last)
        {
            NbmaPeer[] chunk = [.. chunks[index >> ChunkBits]];
            chunk[index & (ChunkSize - 1)] = moved;
            chunks[index >> ChunkBits] = chunk;
        }
        if ((last & (ChunkSize - 1)) == 0) chunks = chunks[..^1];
        return new MulticastList(chunks, last);
    }
}
