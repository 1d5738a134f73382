using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Dmvpn.Runtime.Tests.Soak;

/// <summary>Traffic through the tunnel, each byte of which is accounted for at the other end.</summary>
internal static class SoakTraffic
{
    private const int UdpLevel = 17, UdpSegment = 103;
    private const int HashLength = 32;

    /// <summary>A stream in writes of all sizes; the hashes at both ends must be the same.</summary>
    public static async Task StreamAsync(SoakEnd from, SoakEnd to, bool ipv4, int bytes, int seed, CancellationToken cancel)
    {
        using Socket listener = Open(to, ipv4, SocketType.Stream);
        listener.Listen();
        using Socket client = Open(from, ipv4, SocketType.Stream);
        await client.ConnectAsync(listener.LocalEndPoint!, cancel);
        using Socket server = await listener.AcceptAsync(cancel);
        Task<(long Length, string Hash)> received = ReceiveAsync(server, cancel);
        (long, string) sent = await SendAsync(client, bytes, new Random(seed), cancel);
        Assert.Equal(sent, await received);
    }

    /// <summary>Datagrams of all sizes, longer than the MTU too (they go in fragments), and bursts of equal ones that the kernel gives away as one. None may arrive damaged; returns the part that arrived.</summary>
    public static async Task<double> DatagramsAsync(SoakEnd from, SoakEnd to, bool ipv4, int bursts, int seed, CancellationToken cancel)
    {
        using Socket receiver = Open(to, ipv4, SocketType.Dgram);
        receiver.ReceiveBufferSize = 4 << 20;
        using Socket sender = Open(from, ipv4, SocketType.Dgram);
        EndPoint target = receiver.LocalEndPoint!;
        int arrived = 0;
        byte[] room = new byte[65536];
        var random = new Random(seed);
        int sent = 0;
        for (int burst = 0; burst < bursts; burst++)
        {
            int size = burst % 3 == 0 ? random.Next(HashLength + 1, 6000) : random.Next(HashLength + 1, 1300);
            int count = burst % 3 == 0 ? 3 : 20;
            byte[] bytes = new byte[size * count];
            for (int i = 0; i < count; i++) Fill(bytes.AsSpan(i * size, size), random);
            sent += count;
            bool together = burst % 3 == 1;
            sender.SetRawSocketOption(UdpLevel, UdpSegment, BitConverter.GetBytes(together ? size : 0));
            for (int i = 0; i < count; i += together ? count : 1) await sender.SendToAsync(bytes.AsMemory(i * size, together ? bytes.Length : size), target, cancel);
            while (receiver.Poll(burst == bursts - 1 ? 200_000 : 0, SelectMode.SelectRead))
            {
                int length = receiver.Receive(room);
                Assert.True(IsWhole(room.AsSpan(0, length)), $"a datagram of {length} bytes is damaged");
                arrived++;
            }
            await Task.Yield();
        }
        return (double)arrived / sent;
    }

    private static async Task<(long, string)> SendAsync(Socket socket, int bytes, Random random, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[200_000];
        for (int left = bytes; left > 0;)
        {
            int length = Math.Min(left, random.Next(4) == 0 ? random.Next(1, 3000) : random.Next(1, buffer.Length));
            random.NextBytes(buffer.AsSpan(0, length));
            hash.AppendData(buffer, 0, length);
            for (int at = 0; at < length;) at += await socket.SendAsync(buffer.AsMemory(at, length - at), cancel);
            left -= length;
        }
        socket.Shutdown(SocketShutdown.Send);
        return (bytes, Convert.ToHexString(hash.GetHashAndReset()));
    }

    private static async Task<(long, string)> ReceiveAsync(Socket socket, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[100_000];
        long total = 0;
        while (await socket.ReceiveAsync(buffer.AsMemory(), cancel) is > 0 and int length)
        {
            hash.AppendData(buffer, 0, length);
            total += length;
        }
        return (total, Convert.ToHexString(hash.GetHashAndReset()));
    }

    private static void Fill(Span<byte> datagram, Random random)
    {
        random.NextBytes(datagram[HashLength..]);
        SHA256.HashData(datagram[HashLength..], datagram);
    }

    private static bool IsWhole(ReadOnlySpan<byte> datagram) =>
        datagram.Length > HashLength && SHA256.HashData(datagram[HashLength..]).AsSpan().SequenceEqual(datagram[..HashLength]);

    private static Socket Open(SoakEnd end, bool ipv4, SocketType type) => end.Space.Run(() =>
    {
        var socket = new Socket(ipv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(end.Address(ipv4).ToString()), 0));
        return socket;
    });
}
