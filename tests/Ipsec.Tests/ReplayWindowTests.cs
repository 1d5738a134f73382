using CsCheck;

namespace Dmvpn.Ipsec.Tests;

/// <summary>The window of RFC 4303 3.4.3 and appendix A2 against a set that remembers everything.</summary>
public sealed class ReplayWindowTests
{
    private const ulong Subspace = 1ul << 32;

    private static readonly Gen<int> Size = Gen.OneOf(Gen.Int[6, 12].Select(bits => 1 << bits), Gen.Int[64, 4096]);

    /// <summary>Steps from the highest number seen: mostly near, sometimes far ahead or far behind.</summary>
    private static readonly Gen<long[]> Steps = Gen.OneOf(
        Gen.Long[-3, 3], Gen.Long[-200, 70], Gen.Long[-9000, 300], Gen.Long[1, 20_000], Gen.Long[-5_000_000, 5_000_000]).Array[1, 300];

    [Fact]
    public void Window_AnyOrderOfNumbers_AcceptsWhatASetWould() => Gen.Select(Size, Gen.ULong[1, uint.MaxValue], Steps).Sample((size, start, steps) =>
    {
        var window = new ReplayWindow(size, esn: false);
        var oracle = new Oracle(size);
        Assert.Equal(oracle.Accept(start), window.TryAccept(start));
        foreach (long step in steps)
        {
            ulong number = Math.Min((ulong)Math.Max(0, (long)oracle.Top + step), uint.MaxValue);
            Assert.Equal(number, window.Infer((uint)number));
            Assert.Equal(oracle.MayBeNew(number), window.MayBeNew(number));
            Assert.Equal(oracle.Accept(number), window.TryAccept(number));
            Assert.Equal(oracle.Top, window.Top);
        }
    }, iter: 3000);

    [Fact]
    public void Window_ExtendedNumbersWithOnlyTheirLowerHalf_AcceptsWhatASetWould() =>
        Gen.Select(Size, Gen.ULong[0, 5], Gen.Long[-10_000, 10_000], Steps).Sample((size, subspace, offset, steps) =>
        {
            var window = new ReplayWindow(size, esn: true);
            var oracle = new Oracle(size);
            ulong start = (ulong)Math.Max(1, (long)(subspace * Subspace) + offset);
            Assert.Equal(oracle.Accept(start), window.TryAccept(start));
            foreach (long step in steps)
            {
                ulong number = (ulong)Math.Max(1, (long)oracle.Top + step);
                ulong inferred = window.Infer((uint)number);
                // With the wrong upper half the ICV is wrong: that is what happens to a packet left of the window.
                bool mayOpen = number + (ulong)size > oracle.Top;
                Assert.Equal(mayOpen, inferred == number);
                bool expected = oracle.Accept(number);
                Assert.Equal(expected, inferred == number && window.TryAccept(inferred));
                Assert.Equal(oracle.Top, window.Top);
            }
        }, iter: 3000);

    [Fact]
    public void Infer_AnywhereAhead_IsRightForAWholeSubspace() => Gen.Select(Size, Gen.ULong[1, 1ul << 40], Gen.ULong[1, Subspace]).Sample((size, top, ahead) =>
    {
        var window = new ReplayWindow(size, esn: true);
        Assert.True(window.TryAccept(top));
        // The subspace begins at the window's left edge (A2.1).
        if (ahead > Subspace - (ulong)size) return;
        Assert.Equal(top + ahead, window.Infer((uint)(top + ahead)));
    }, iter: 20_000);

    [Fact]
    public void Infer_BeforeTheFirstPacket_KnowsNoFormerSubspace()
    {
        var window = new ReplayWindow(64, esn: true);
        Assert.Equal(uint.MaxValue, window.Infer(uint.MaxValue));
        Assert.Equal(1ul, window.Infer(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    public void Window_NumberZero_IsNeverAccepted(int size)
    {
        var window = new ReplayWindow(size, esn: false);
        Assert.False(window.MayBeNew(0));
        Assert.False(window.TryAccept(0));
    }

    [Fact]
    public void Window_SwitchedOff_AcceptsEverythingElse()
    {
        var window = new ReplayWindow(0, esn: false);
        foreach (ulong number in new ulong[] { 5, 5, 4_000_000_000, 1, 1 }) Assert.True(window.MayBeNew(number) && window.TryAccept(number));
        Assert.Equal(4_000_000_000ul, window.Top);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(4096)]
    public void Window_AtItsEdge_TakesTheLastAndRefusesTheNext(int size)
    {
        var window = new ReplayWindow(size, esn: false);
        ulong top = 1_000_000;
        Assert.True(window.TryAccept(top));
        Assert.False(window.MayBeNew(top - (ulong)size));
        Assert.True(window.TryAccept(top - (ulong)size + 1));
        Assert.False(window.TryAccept(top - (ulong)size + 1));
    }

    /// <summary>Remembers everything.</summary>
    private sealed class Oracle(int size)
    {
        private readonly HashSet<ulong> _seen = [];

        public ulong Top { get; private set; }

        public bool MayBeNew(ulong number) => number != 0 && number + (ulong)size > Top && !_seen.Contains(number);

        public bool Accept(ulong number)
        {
            if (!MayBeNew(number)) return false;
            _seen.Add(number);
            Top = Math.Max(Top, number);
            return true;
        }
    }
}
