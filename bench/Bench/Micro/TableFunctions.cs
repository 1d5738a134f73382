using BenchmarkDotNet.Attributes;
using Dmvpn.Bench.Nhrp;
using Dmvpn.Core;

namespace Dmvpn.Bench.Micro;

/// <summary>The longest-prefix table with as many host prefixes as a hub has adjacencies; look-ups and changes at random.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class TableFunctions
{
    private readonly object _value = new();
    private PrefixTrie<object> _trie = PrefixTrie<object>.Empty;
    private int[] _order = [];
    private int _next;

    [Params(1000, 100_000)]
    public int Entries { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _order = [.. Enumerable.Range(0, Entries)];
        new Random(1).Shuffle(_order);
        foreach (int spoke in _order) _trie = _trie.Set(IpPrefix.Host(BenchNetwork.Tunnel(spoke)), _value);
    }

    [Benchmark]
    public bool Match() => _trie.TryMatch(BenchNetwork.Tunnel(Next()), out _);

    [Benchmark]
    public PrefixTrie<object> Change() => _trie.Set(IpPrefix.Host(BenchNetwork.Tunnel(Next())), _value);

    private int Next() => _order[_next = _next + 1 == _order.Length ? 0 : _next + 1];
}
