using BenchmarkDotNet.Attributes;
using Dmvpn.Core;

namespace Dmvpn.Bench;

/// <summary>The forwarding table: a spoke's host route and its LAN for each of many spokes.</summary>
[MemoryDiagnoser]
public class PrefixTrieBenchmarks
{
    private const int Probes = 4096;

    private readonly IpAddress[] _probes = new IpAddress[Probes];
    private PrefixTrie<int> _trie = PrefixTrie<int>.Empty;
    private int _next;

    [Params(1_000, 100_000)]
    public int Prefixes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        for (int i = 0; i < Prefixes; i++)
        {
            IpPrefix prefix = i % 2 == 0
                ? IpPrefix.Host(IpAddress.FromIPv4(0x0A000000u + (uint)i))
                : new IpPrefix(IpAddress.FromIPv4(0xAC000000u + (uint)i * 256), 24);
            _trie = _trie.Set(prefix, i);
        }
        var random = new Random(1);
        for (int i = 0; i < Probes; i++)
        {
            int spoke = random.Next(Prefixes);
            _probes[i] = IpAddress.FromIPv4(spoke % 2 == 0 ? 0x0A000000u + (uint)spoke : 0xAC000007u + (uint)spoke * 256);
        }
    }

    [Benchmark]
    public int Match() => _trie.TryMatch(_probes[_next++ % Probes], out int value) ? value : -1;

    [Benchmark]
    public int MatchNothing() => _trie.TryMatch(IpAddress.FromIPv4(0x08080808), out int value) ? value : -1;

    [Benchmark]
    public int Replace() => _trie.Set(IpPrefix.Host(_probes[_next++ % Probes]), 1).Count;
}
