namespace Dmvpn.Core.Tests;

public sealed class RetireListTests
{
    [Fact]
    public void Item_IsDisposedOf_WhenAllWorkersHaveSeenALaterVersion()
    {
        var list = new RetireList<Thing>();
        Thing first = new(), second = new();
        list.Add(first, 4);
        list.Add(second, 6);
        list.Free(4);
        Assert.False(first.IsGone);
        list.Free(5);
        Assert.True(first.IsGone);
        Assert.False(second.IsGone);
        Assert.True(list.IsWaiting);
        list.Free(7);
        Assert.True(second.IsGone);
        Assert.False(list.IsWaiting);
    }

    [Fact]
    public void Item_TakenBack_IsNotDisposedOf()
    {
        var list = new RetireList<Thing>();
        Thing thing = new(), other = new();
        list.Add(thing, 1);
        list.Add(other, 1);
        Assert.True(list.TryTakeBack(item => item == thing, out Thing? back));
        Assert.Same(thing, back);
        Assert.False(list.TryTakeBack(item => item == thing, out _));
        list.Dispose();
        Assert.False(thing.IsGone);
        Assert.True(other.IsGone);
    }

    private sealed class Thing : IDisposable
    {
        public bool IsGone { get; private set; }

        public void Dispose() => IsGone = true;
    }
}
