using CsCheck;

namespace Dmvpn.Core.Tests;

public sealed class PrefixTrieTests
{
    private static readonly Gen<IpPrefix> AnyPrefix = Gen.Select(Gen.Bool, Gen.UInt[0, 0x3F], Gen.Int[0, 32], (v4, bits, length) =>
        v4 ? new IpPrefix(IpAddress.FromIPv4(0x0A000000 | bits << 20 | bits), length)
           : new IpPrefix(IpAddress.FromBits(0x2001_0DB8_0000_0000UL | (ulong)bits << 24 | bits, bits), length * 4));

    [Fact]
    public void LongestPrefix_OfSeveral_Wins()
    {
        PrefixTrie<string> trie = PrefixTrie<string>.Empty
            .Set(IpPrefix.Parse("0.0.0.0/0"), "default")
            .Set(IpPrefix.Parse("10.0.0.0/8"), "eight")
            .Set(IpPrefix.Parse("10.1.0.0/16"), "sixteen")
            .Set(IpPrefix.Parse("10.1.2.3/32"), "host");

        Assert.True(trie.TryMatch(IpAddress.Parse("10.1.2.3"), out string? value));
        Assert.Equal("host", value);
        Assert.True(trie.TryMatch(IpAddress.Parse("10.1.2.4"), out IpPrefix prefix, out value));
        Assert.Equal("sixteen", value);
        Assert.Equal(IpPrefix.Parse("10.1.0.0/16"), prefix);
        Assert.True(trie.TryMatch(IpAddress.Parse("192.0.2.1"), out value));
        Assert.Equal("default", value);
    }

    [Fact]
    public void IPv6Default_AskedForIPv4_DoesNotMatch()
    {
        PrefixTrie<int> trie = PrefixTrie<int>.Empty.Set(IpPrefix.DefaultIPv6, 6);
        Assert.False(trie.TryMatch(IpAddress.Parse("192.0.2.1"), out int _));
        Assert.True(trie.TryMatch(IpAddress.Parse("2001:db8::1"), out int value));
        Assert.Equal(6, value);
        Assert.False(trie.Set(IpPrefix.DefaultIPv4, 4).Remove(IpPrefix.DefaultIPv4).TryMatch(IpAddress.Parse("192.0.2.1"), out int _));
    }

    [Fact]
    public void EntriesWithinAnIPv6Prefix_OnlyIPv4InTheTable_AreNone()
    {
        PrefixTrie<int> trie = PrefixTrie<int>.Empty.Set(IpPrefix.Parse("10.0.0.0/8"), 1).Set(IpPrefix.Parse("11.0.0.0/8"), 2);
        Assert.Empty(trie.EntriesWithin(IpPrefix.DefaultIPv6));
        Assert.Equal(2, trie.EntriesWithin(IpPrefix.DefaultIPv4).Count());
    }

    [Fact]
    public void AnyHistory_ComparedWithAList_AgreesInEverything()
    {
        Gen.Select(Gen.Select(Gen.Bool, AnyPrefix).Array[0, 60], AnyPrefix).Sample((history, probe) =>
        {
            PrefixTrie<IpPrefix> trie = PrefixTrie<IpPrefix>.Empty;
            var model = new HashSet<IpPrefix>();
            foreach ((bool add, IpPrefix prefix) in history)
            {
                trie = add ? trie.Set(prefix, prefix) : trie.Remove(prefix);
                _ = add ? model.Add(prefix) : model.Remove(prefix);
            }
            Assert.Equal(model.Count, trie.Count);
            Assert.Equal(model.Order(), trie.Entries().Select(e => e.Key).Order());
            Assert.Equal(model.Contains(probe), trie.TryGet(probe, out _));
            Assert.Equal(model.Where(p => probe.Contains(p)).Order(), trie.EntriesWithin(probe).Select(e => e.Key).Order());

            bool expected = model.Any(p => p.Contains(probe.Address));
            Assert.Equal(expected, trie.TryMatch(probe.Address, out IpPrefix best, out _));
            if (expected) Assert.Equal(model.Where(p => p.Contains(probe.Address)).Max(p => p.Length), best.Length);

            expected = model.Any(p => p.Contains(probe));
            Assert.Equal(expected, trie.TryMatchCovering(probe, out best, out _));
            if (expected) Assert.Equal(model.Where(p => p.Contains(probe)).Max(p => p.Length), best.Length);
        });
    }

    [Fact]
    public void OlderVersion_AfterChanges_IsUnchanged()
    {
        PrefixTrie<int> before = PrefixTrie<int>.Empty.Set(IpPrefix.Parse("10.0.0.0/8"), 1);
        PrefixTrie<int> after = before.Set(IpPrefix.Parse("10.0.0.0/8"), 2).Set(IpPrefix.Parse("10.1.0.0/16"), 3);
        Assert.True(before.TryMatch(IpAddress.Parse("10.1.0.1"), out int value));
        Assert.Equal(1, value);
        Assert.Equal(1, before.Count);
        Assert.Equal(2, after.Count);
    }

    [Fact]
    public void EntriesWithin_AllOfIPv6_LeaveIPv4OutAndIPv6In()
    {
        PrefixTrie<int> trie = PrefixTrie<int>.Empty
            .Set(IpPrefix.Parse("10.0.0.0/8"), 4)
            .Set(IpPrefix.Parse("2001:db8::/32"), 6)
            .Set(IpPrefix.Parse("::1/128"), 6);
        Assert.Equal([6, 6], trie.EntriesWithin(IpPrefix.DefaultIPv6).Select(e => e.Value));
        Assert.Equal([6], trie.EntriesWithin(IpPrefix.Parse("::/64")).Select(e => e.Value));
        Assert.Equal([4], trie.EntriesWithin(IpPrefix.DefaultIPv4).Select(e => e.Value));
        Assert.Empty(trie.Remove(IpPrefix.Parse("10.0.0.0/8")).EntriesWithin(IpPrefix.DefaultIPv4));
    }

    [Fact]
    public void AnyHistory_WithEdits_TablesOfEndedEditsStayAsTheyWere()
    {
        Gen.Select(Gen.Int[0, 4], AnyPrefix).Array[0, 80].Sample(history =>
        {
            PrefixTrie<IpPrefix> trie = PrefixTrie<IpPrefix>.Empty;
            var model = new SortedSet<IpPrefix>();
            var edit = TrieEdit.Begin();
            List<(PrefixTrie<IpPrefix> Trie, IpPrefix[] Content)> shown = [];
            foreach ((int step, IpPrefix prefix) in history)
            {
                trie = step < 3 ? trie.Set(prefix, prefix, edit) : step == 3 ? trie.Remove(prefix, edit) : trie;
                _ = step < 3 ? model.Add(prefix) : step == 3 && model.Remove(prefix);
                if (step < 4) continue;
                shown.Add((trie, [.. model]));
                edit = TrieEdit.Begin();
            }
            shown.Add((trie, [.. model]));
            foreach ((PrefixTrie<IpPrefix> old, IpPrefix[] content) in shown)
            {
                Assert.Equal(content, old.Entries().Select(e => e.Key).Order());
                Assert.All(content, prefix => Assert.True(old.TryGet(prefix, out IpPrefix value) && value == prefix));
                Assert.Equal(content.Length, old.Count);
            }
        });
    }

    [Fact]
    public void ManyChanges_OfOneEdit_AllocateLittleMoreThanTheEntries()
    {
        long Allocated(TrieEdit edit)
        {
            PrefixTrie<object?> trie = PrefixTrie<object?>.Empty;
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (uint i = 0; i < 4096; i++) trie = trie.Set(IpPrefix.Host(IpAddress.FromIPv4(i * 2654435761)), null, edit);
            return (GC.GetAllocatedBytesForCurrentThread() - before) / 4096;
        }
        Assert.InRange(Allocated(TrieEdit.Begin()), 1, 200);
        Assert.InRange(Allocated(default), 600, 2000);
    }
}
