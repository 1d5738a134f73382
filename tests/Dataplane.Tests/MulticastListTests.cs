using CsCheck;
using Dmvpn.Core;

namespace Dmvpn.Dataplane.Tests;

public sealed class MulticastListTests
{
    private static NbmaPeer Peer(int number) => new(IpAddress.FromIPv4(0xC633_0000 + (uint)number));

    [Fact]
    public void AnyHistory_OlderListsGoOnToo_EachStaysAsItWas() =>
        // Steps: 0-5 add that many times 50, 6 remove one, 7 go back to an earlier list and change that one.
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 1_000_000]).Array[0, 40].Sample(history =>
        {
            List<(MulticastList List, NbmaPeer[] Content)> all = [(MulticastList.Empty, [])];
            (MulticastList list, NbmaPeer[] content) = all[0];
            int number = 0;
            foreach ((int step, int pick) in history)
            {
                if (step == 7)
                {
                    (list, content) = all[pick % all.Count];
                    continue;
                }
                if (step == 6 && content.Length > 0)
                {
                    int index = pick % content.Length;
                    list = list.RemoveAt(index);
                    content = [.. content];
                    content[index] = content[^1];
                    content = content[..^1];
                }
                else
                {
                    NbmaPeer[] more = new NbmaPeer[step * 50];
                    for (int i = 0; i < more.Length; i++) list = list.Add(more[i] = Peer(number++));
                    content = [.. content, .. more];
                }
                all.Add((list, content));
            }
            foreach ((MulticastList old, NbmaPeer[] expected) in all)
                Assert.Equal(expected, Enumerable.Range(0, old.Count).Select(i => old[i]));
        });

    [Fact]
    public void Adding_ToALongList_CopiesNothing()
    {
        MulticastList list = MulticastList.Empty;
        for (int i = 0; i < 100_000; i++) list = list.Add(Peer(i));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) list = list.Add(Peer(i));
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, 1, 100);
    }
}
