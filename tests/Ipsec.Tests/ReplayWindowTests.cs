using CsCheck;

namespace Dmvpn.Ipsec.Tests;

/// <summary>The anti-replay window of RFC 4303 3.4.3 against a set that remembers everything.</summary>
public class ReplayWindowTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(1024)]
    [InlineData(4096)]
    public void Window_AnyOrderOfNumbers_AcceptsWhatASetWould(int size)
    {
        Gen.Int[1, size * 3].Array[1, 400].Sample(numbers =>
        {
            var window = new ReplayWindow(size, esn: false);
            var seen = new HashSet<int>();
            int top = 0;
            foreach (int number in numbers)
            {
                bool expected = number > top - size && seen.Add(number);
                Assert.Equal(expected, window.TryAccept((ulong)number));
                if (expected) top = Math.Max(top, number);
                Assert.Equal((ulong)top, window.Top);
            }
        }, iter: 500);
    }

    [Fact]
    public void Window_NumberZero_IsNeverAccepted() => Assert.False(new ReplayWindow(64, esn: false).TryAccept(0));

    [Fact]
    public void Window_ExtendedNumbers_AreInferredAcrossTheWrap()
    {
        var window = new ReplayWindow(64, esn: true);
        Assert.True(window.TryAccept(0xffff_fff0));
        Assert.Equal(0x1_0000_0003ul, window.Infer(3));
        Assert.Equal(0xffff_ffefu, window.Infer(0xffff_ffef));
        Assert.True(window.TryAccept(0x1_0000_0003));
        Assert.Equal(0xffff_fff8ul, window.Infer(0xffff_fff8));
        Assert.True(window.MayBeNew(0xffff_fff8));
        Assert.False(window.MayBeNew(0xffff_fff0));
    }
}
