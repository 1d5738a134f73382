namespace Dmvpn.Core;

/// <summary>
/// A run of changes to <see cref="PrefixTrie{T}"/>s between whose steps nobody else looks at the tables: nodes that it made are its own and are
/// changed in place. End it, by beginning another one, before a table is shown to another thread or kept. The default value owns nothing.
/// </summary>
public readonly struct TrieEdit
{
    private static int _last;

    // 4 bytes fit where a node has padding. After 2^32 edits a number returns: then a node of that age, if there is one left, is changed in place,
    // and a reader sees one child early.
    private readonly int _number;

    private TrieEdit(int number) => _number = number;

    /// <summary>A new edit, different from all others.</summary>
    public static TrieEdit Begin()
    {
        int number = Interlocked.Increment(ref _last);
        return new TrieEdit(number == 0 ? Interlocked.Increment(ref _last) : number);
    }

    internal bool Owns(TrieEdit other) => _number != 0 && _number == other._number;
}
