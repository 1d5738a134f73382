using CsCheck;

namespace Dmvpn.Core.Tests;

public sealed class ValueListTests
{
    private sealed record Config(string Name, ValueList<IpPrefix> Prefixes);

    [Fact]
    public void Lists_WithEqualItemsInOrder_AreEqual() => Gen.Select(Gen.Int[0, 3].Array[0, 4], Gen.Int[0, 3].Array[0, 4]).Sample((a, b) =>
    {
        ValueList<int> left = [.. a], right = [.. b];
        bool equal = a.SequenceEqual(b);
        Assert.Equal(equal, left.Equals(right));
        Assert.Equal(equal, left.Equals((object)right));
        if (equal) Assert.Equal(left.GetHashCode(), right.GetHashCode());
        Assert.Equal(a, left.AsSpan().ToArray());
        Assert.Equal(a, left.ToArray());
        Assert.Equal(a.Length, left.Count);
        Assert.Equal([.. a, 9], left.Add(9));
        Assert.Equal(a.Where(i => i != 1), left.RemoveAll(i => i == 1));
        Assert.Equal(a, left);
    });

    [Fact]
    public void Records_ThatHoldLists_CompareByValue()
    {
        var a = new Config("x", [IpPrefix.Parse("10.0.0.0/8"), IpPrefix.Parse("2001:db8::/32")]);
        var b = new Config("x", [IpPrefix.Parse("10.0.0.0/8"), IpPrefix.Parse("2001:db8::/32")]);
        Assert.Equal(a, b);
        Assert.NotEqual(a, b with { Prefixes = b.Prefixes.Add(IpPrefix.DefaultIPv4) });
        Assert.False(a.Prefixes.Equals(null));
    }

    [Fact]
    public void List_OfNothing_IsShared()
    {
        ValueList<int> empty = [];
        Assert.Same(ValueList<int>.Empty, empty);
        Assert.Throws<ArgumentOutOfRangeException>(() => empty[0]);
    }

    [Fact]
    public void List_MadeFromAnArray_DoesNotSeeItsChanges()
    {
        int[] items = [1, 2];
        var list = ValueList.Create<int>(items);
        items[0] = 9;
        Assert.Equal(1, list[0]);
    }
}
