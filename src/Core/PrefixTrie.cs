using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Dmvpn.Core;

/// <summary>
/// An immutable longest-prefix-match table: a path-compressed binary trie whose changes copy only the path from
/// the root (about log2(count) nodes). The control plane keeps making new versions; the data plane reads the one
/// that was published to it by a single reference store, with no lock and no allocation. IPv4 and IPv6 live
/// in one table and never match each other.
/// </summary>
/// <typeparam name="T">What a prefix leads to.</typeparam>
public sealed class PrefixTrie<T>
{
    /// <summary>The table with nothing in it.</summary>
    public static readonly PrefixTrie<T> Empty = new(null, 0);

    private readonly Node? _root;

    private PrefixTrie(Node? root, int count) => (_root, Count) = (root, count);

    /// <summary>How many prefixes are in the table.</summary>
    public int Count { get; }

    /// <summary>
    /// The table with <paramref name="prefix"/> leading to <paramref name="value"/>, in place of what it led to. Tables made before with the same
    /// <paramref name="edit"/> must not be used any more.
    /// </summary>
    public PrefixTrie<T> Set(IpPrefix prefix, T value, TrieEdit edit = default)
    {
        bool added = false;
        Node root = Insert(_root, new Node(prefix.Address, Depth(prefix), true, value, null, null, edit), ref added);
        return new PrefixTrie<T>(root, added ? Count + 1 : Count);
    }

    /// <summary>The table without <paramref name="prefix"/>; this same table when it was not there. For the edit see <see cref="Set"/>.</summary>
    public PrefixTrie<T> Remove(IpPrefix prefix, TrieEdit edit = default)
    {
        bool removed = false;
        Node? root = Delete(_root, prefix.Address, Depth(prefix), edit, ref removed);
        return removed ? new PrefixTrie<T>(root, Count - 1) : this;
    }

    /// <summary>What exactly this prefix leads to.</summary>
    public bool TryGet(IpPrefix prefix, [MaybeNullWhen(false)] out T value)
    {
        int depth = Depth(prefix);
        for (Node? node = _root; node is not null && node.Depth <= depth; node = node.Child(prefix.Address))
        {
            if (!node.Covers(prefix.Address)) break;
            if (node.Depth != depth) continue;
            value = node.Value;
            return node.HasValue;
        }
        value = default;
        return false;
    }

    /// <summary>The longest prefix that holds <paramref name="address"/>, and what it leads to.</summary>
    public bool TryMatch(IpAddress address, out IpPrefix prefix, [MaybeNullWhen(false)] out T value)
    {
        Node? best = Match(address, 128);
        prefix = best?.Prefix ?? default;
        value = best is null ? default : best.Value;
        return best is not null;
    }

    /// <summary>What the longest prefix that holds <paramref name="address"/> leads to.</summary>
    public bool TryMatch(IpAddress address, [MaybeNullWhen(false)] out T value) => TryMatch(address, out _, out value);

    /// <summary>The longest prefix that holds all of <paramref name="inner"/> (it may be equal), and what it leads to.</summary>
    public bool TryMatchCovering(IpPrefix inner, out IpPrefix prefix, [MaybeNullWhen(false)] out T value)
    {
        Node? best = Match(inner.Address, Depth(inner));
        prefix = best?.Prefix ?? default;
        value = best is null ? default : best.Value;
        return best is not null;
    }

    /// <summary>All prefixes in address order, a shorter one before those inside it.</summary>
    public IEnumerable<KeyValuePair<IpPrefix, T>> Entries() => Walk(_root);

    /// <summary>The prefixes inside <paramref name="outer"/>, itself included, in address order.</summary>
    public IEnumerable<KeyValuePair<IpPrefix, T>> EntriesWithin(IpPrefix outer)
    {
        Node? node = _root;
        int depth = Depth(outer);
        while (node is not null && node.Depth < depth)
        {
            if (!node.Covers(outer.Address)) return [];
            node = node.Child(outer.Address);
        }
        if (node is null || CommonBits(node.Address, outer.Address) < depth) return [];

        // IPv4 lies inside the IPv6 prefixes that cover its mapped form; it is not part of them.
        return outer.IsIPv4 ? Walk(node) : Walk(node).Where(static entry => !entry.Key.IsIPv4);
    }

    private Node? Match(IpAddress address, int maxDepth)
    {
        // A node above depth 96 is an IPv6 prefix; for an IPv4 address it must not match.
        int minDepth = address.IsIPv4 ? 96 : 0;
        Node? best = null;
        for (Node? node = _root; node is not null && node.Depth <= maxDepth && node.Covers(address); node = node.Child(address))
        {
            if (node.HasValue && node.Depth >= minDepth) best = node;
        }
        return best;
    }

    private static int Depth(IpPrefix prefix) => prefix.Length + (prefix.IsIPv4 ? 96 : 0);

    private static Node Insert(Node? node, Node leaf, ref bool added)
    {
        if (node is null)
        {
            added = true;
            return leaf;
        }
        int common = Math.Min(Math.Min(node.Depth, leaf.Depth), CommonBits(node.Address, leaf.Address));
        if (common == node.Depth && common == leaf.Depth)
        {
            added = !node.HasValue;
            return leaf.With(node.Zero, node.One, leaf.Edit);
        }
        if (common == node.Depth)
        {
            return Bit(leaf.Address, common)
                ? node.With(node.Zero, Insert(node.One, leaf, ref added), leaf.Edit)
                : node.With(Insert(node.Zero, leaf, ref added), node.One, leaf.Edit);
        }
        added = true;
        if (common == leaf.Depth) return Bit(node.Address, common) ? leaf.With(null, node, leaf.Edit) : leaf.With(node, null, leaf.Edit);
        return Bit(leaf.Address, common)
            ? new Node(leaf.Address, common, false, default!, node, leaf, leaf.Edit)
            : new Node(leaf.Address, common, false, default!, leaf, node, leaf.Edit);
    }

    private static Node? Delete(Node? node, IpAddress address, int depth, TrieEdit edit, ref bool removed)
    {
        if (node is null || node.Depth > depth || !node.Covers(address)) return node;
        if (node.Depth == depth)
        {
            removed = node.HasValue;
            if (!removed) return node;
            return node.Zero is null ? node.One : node.One is null ? node.Zero : new Node(node.Address, depth, false, default!, node.Zero, node.One, edit);
        }
        bool one = Bit(address, node.Depth);
        Node? child = Delete(one ? node.One : node.Zero, address, depth, edit, ref removed);
        if (!removed) return node;
        Node? zero = one ? node.Zero : child, oneChild = one ? child : node.One;
        if (!node.HasValue && (zero is null || oneChild is null)) return zero ?? oneChild;
        return node.With(zero, oneChild, edit);
    }

    private static IEnumerable<KeyValuePair<IpPrefix, T>> Walk(Node? root)
    {
        if (root is null) yield break;
        var stack = new Stack<Node>();
        stack.Push(root);
        while (stack.TryPop(out Node? node))
        {
            if (node.HasValue) yield return new KeyValuePair<IpPrefix, T>(node.Prefix, node.Value);
            if (node.One is not null) stack.Push(node.One);
            if (node.Zero is not null) stack.Push(node.Zero);
        }
    }

    private static int CommonBits(IpAddress a, IpAddress b)
    {
        ulong high = a.High ^ b.High;
        return high != 0 ? BitOperations.LeadingZeroCount(high) : 64 + BitOperations.LeadingZeroCount(a.Low ^ b.Low);
    }

    private static bool Bit(IpAddress address, int index) =>
        index < 64 ? (address.High >> (63 - index) & 1) != 0 : index < 128 && (address.Low >> (127 - index) & 1) != 0;

    private sealed class Node(IpAddress address, int depth, bool hasValue, T value, Node? zero, Node? one, TrieEdit edit)
    {
        public readonly IpAddress Address = address;
        public readonly byte Depth = (byte)depth;
        public readonly bool HasValue = hasValue;
        public readonly TrieEdit Edit = edit;
        public readonly T Value = value;

        public Node? Zero { get; private set; } = zero;

        public Node? One { get; private set; } = one;

        public IpPrefix Prefix => Address.IsIPv4 && Depth >= 96 ? new(Address, Depth - 96) : new(Address, Depth);

        public bool Covers(IpAddress address) => CommonBits(Address, address) >= Depth;

        public Node? Child(IpAddress address) => Depth == 128 ? null : Bit(address, Depth) ? One : Zero;

        /// <summary>This node where it is the edit's own, which nobody else sees; else a copy.</summary>
        public Node With(Node? zero, Node? one, TrieEdit edit)
        {
            if (!edit.Owns(Edit)) return new Node(Address, Depth, HasValue, Value, zero, one, edit);
            (Zero, One) = (zero, one);
            return this;
        }
    }
}
