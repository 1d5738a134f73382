using System.Runtime.InteropServices;
using Dmvpn.Core;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Runtime.Tests.Netlink;

/// <summary>The codec alone: needs no kernel and no root.</summary>
public sealed class NetlinkMessageTests
{
    private static readonly LinuxRoute Multipath = new(IpPrefix.Parse("10.9.0.0/16"))
    {
        Protocol = 191,
        Table = 1000,
        Metric = 7,
        Mtu = 1300,
        PreferredSource = IpAddress.Parse("10.1.0.1"),
        NextHops = [new LinuxNextHop(3, IpAddress.Parse("10.1.0.8")) { Weight = 4, OnLink = true }, new LinuxNextHop(5, IpAddress.Parse("2001:db8::1"))],
    };

    [Fact]
    public void Route_WrittenAndParsed_IsTheSame() => Assert.Equal(Multipath, LinuxRoute.Parse(Only(Write(Multipath))));

    [Fact]
    public void Route_CutOrBentAnywhere_NeverThrows()
    {
        byte[] whole = Write(Multipath);
        var random = new SeededRandom(7);
        for (int length = 0; length < whole.Length; length++) ParseAll(whole.AsSpan(0, length));
        for (int round = 0; round < 200_000; round++)
        {
            byte[] bent = (byte[])whole.Clone();
            for (int change = 0; change < 3; change++) bent[random.Below(bent.Length)] = (byte)random.NextUInt32();
            // The length of the whole, so that what is inside is looked at.
            MemoryMarshal.Write(bent, bent.Length);
            ParseAll(bent);
        }
    }

    [Fact]
    public void Writer_BufferTooSmall_OverflowsAndTakesOnlyTheLastMessageBack()
    {
        byte[] whole = Write(Multipath);
        for (int room = 0; room < whole.Length; room++)
        {
            byte[] buffer = new byte[whole.Length + room];
            buffer.AsSpan().Fill(0xA5);
            var writer = new NetlinkWriter(buffer);
            WriteTo(ref writer);
            Assert.False(writer.Overflowed);
            WriteTo(ref writer);
            Assert.True(writer.Overflowed);
            writer.DropMessage();
            Assert.Equal(whole, writer.Written);
        }

        static void WriteTo(ref NetlinkWriter writer)
        {
            writer.BeginMessage(RtnetlinkSpec.NewRoute, 0, 1);
            Multipath.Write(ref writer, deletion: false);
            writer.EndMessage();
        }
    }

    private static byte[] Write(LinuxRoute route)
    {
        byte[] buffer = new byte[512];
        buffer.AsSpan().Fill(0xA5);
        var writer = new NetlinkWriter(buffer);
        writer.BeginMessage(RtnetlinkSpec.NewRoute, 0, 1);
        route.Write(ref writer, deletion: false);
        writer.EndMessage();
        Assert.False(writer.Overflowed);
        return writer.Written.ToArray();
    }

    private static NetlinkMessage Only(byte[] bytes)
    {
        var reader = new NetlinkReader(bytes);
        Assert.True(reader.TryNext(out NetlinkMessage message));
        return message;
    }

    private static void ParseAll(ReadOnlySpan<byte> bytes)
    {
        var reader = new NetlinkReader(bytes);
        while (reader.TryNext(out NetlinkMessage message))
        {
            LinuxRoute.Parse(message);
            LinuxLink.Parse(message);
            LinuxAddress.TryParse(message, out _);
            NetlinkSocket.ErrorOf(message);
        }
    }
}
