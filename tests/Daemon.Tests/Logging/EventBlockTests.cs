using System.Reflection;
using Dmvpn.Core;
using Dmvpn.Daemon.Logging;
using Dmvpn.Ike;
using Dmvpn.Management.Api;
using Dmvpn.Nhrp;
using Dmvpn.Odr;
using Dmvpn.Rib;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tests.Logging;

public sealed class EventBlockTests
{
    private static readonly (Assembly Assembly, EventBlock[] Blocks)[] Parts =
    [
        (typeof(NhrpInstance).Assembly, [EventBlock.Nhrp]),
        (typeof(RibInstance).Assembly, [EventBlock.Rib]),
        (typeof(OdrInstance).Assembly, [EventBlock.Odr]),
        (typeof(IkeInstance).Assembly, [EventBlock.Ike]),
        (typeof(RouterLog).Assembly, [EventBlock.Tunnel, EventBlock.Daemon, EventBlock.Ipsec, EventBlock.Pki]),
    ];

    [Fact]
    public void EventIdsOfAPart_AreInItsBlocks_AndNoIdIsTwice()
    {
        var seen = new HashSet<int>();
        foreach ((Assembly assembly, EventBlock[] blocks) in Parts)
        {
            int[] ids = [.. IdsOf(assembly)];
            Assert.NotEmpty(ids);
            foreach (int id in ids)
            {
                Assert.True(blocks.Any(block => block.Has(id)), $"{assembly.GetName().Name} has event {id} outside of its blocks");
                Assert.True(seen.Add(id), $"event {id} is there twice");
            }
        }
    }

    [Fact]
    public void Blocks_DoNotOverlap()
    {
        EventBlock[] ordered = [.. EventBlock.All.OrderBy(block => block.First)];
        for (int i = 1; i < ordered.Length; i++) Assert.True(ordered[i - 1].Last < ordered[i].First);
    }

    [Fact]
    public void Topic_WithEventsOfABlock_WatchesItsLogger()
    {
        foreach (DebugTopic topic in DebugTopic.All)
        {
            foreach (EventBlock block in EventBlock.All)
            {
                bool wants = Enumerable.Range(block.First, block.Last - block.First + 1).Any(topic.Matches);
                Assert.Equal(wants, topic.MayMatch(block.Category));
            }
        }
        // A logger without a block: nobody knows which ids its events have.
        Assert.True(DebugTopic.TryFind(DebugTopics.Pki, out DebugTopic? pki));
        Assert.True(pki.MayMatch("SomethingNew"));
    }

    private static IEnumerable<int> IdsOf(Assembly assembly) =>
        from type in assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let message = method.GetCustomAttribute<LoggerMessageAttribute>()
        where message is not null
        select message.EventId;
}
