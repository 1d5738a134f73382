using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Dmvpn.Runtime;
using Dmvpn.Runtime.Native;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Bench.Nhrp;

/// <summary>
/// All spokes at once, on one raw socket in a namespace of their own: sends requests with at most <see cref="Window"/> unanswered, and those again
/// that stay unanswered. The answer is whatever the hub sends for the request: a reply, or the request passed on to another spoke, which arrives here too.
/// </summary>
internal sealed unsafe class LoadGenerator : IDisposable
{
    /// <summary>Requests under way. At 150 bytes each less than what the hub's socket takes.</summary>
    public const int Window = 2048;

    private const int Batch = 64;
    private const int ReceiveRoom = 512;
    private const int RawOnly = 255;
    private const int SocketBuffer = 32 << 20;

    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan GiveUp = TimeSpan.FromSeconds(10);

    private readonly int _send;
    private readonly int _receive;
    private readonly MessageVector _out = new(Batch);
    private readonly MessageVector _in = new(Batch);
    private readonly byte* _room = (byte*)NativeMemory.Alloc(Batch * ReceiveRoom);
    private readonly Poller _poller = new();

    public LoadGenerator(string networkNamespace)
    {
        // A socket of protocol 255 (raw) only sends, with headers of our own (raw(7)).
        (_send, _receive) = NetworkNamespace.Run(networkNamespace, () => (Open(RawOnly), Open((int)IpProtocol.Gre)));
        Libc.SetOption(_receive, LibcSpec.LevelSocket, LibcSpec.OptionReceiveBufferForce, SocketBuffer, "set SO_RCVBUFFORCE");
        Libc.SetOption(_send, LibcSpec.LevelSocket, LibcSpec.OptionSendBufferForce, SocketBuffer, "set SO_SNDBUFFORCE");
        _poller.Add(_receive, 1);
        for (int i = 0; i < Batch; i++)
        {
            _out.Headers[i].Header.Name = _out.Name(i);
            _out.Headers[i].Header.NameLength = SocketAddress.Write(_out.Name(i), BenchNetwork.HubUnderlay, 0, 0);
            _in.Vectors[i].Base = _room + i * ReceiveRoom;
            _in.Vectors[i].Length = ReceiveRoom;
        }
    }

    /// <summary>Refused by a reply with a code, of the last <see cref="Run"/>.</summary>
    public int Refused { get; private set; }

    /// <summary>Requests that were sent again in the last <see cref="Run"/>.</summary>
    public int Retransmitted { get; private set; }

    /// <summary>Sends all requests and waits for all answers. Returns the wall time from the first to the last.</summary>
    public TimeSpan Run(RequestSet requests)
    {
        Drain();
        (Refused, Retransmitted) = (0, 0);
        bool[] answered = new bool[requests.Count];
        int next = 0, done = 0, oldest = 0;
        var watch = Stopwatch.StartNew();
        TimeSpan heard = TimeSpan.Zero, resent = TimeSpan.Zero;
        while (done < requests.Count)
        {
            int room = Math.Min(Math.Min(Batch, Window - (next - done)), requests.Count - next);
            if (room > 0)
            {
                for (int i = 0; i < room; i++) Put(i, requests, next + i);
                next += Send(room);
            }
            int news = Receive(answered);
            if (news > 0)
            {
                done += news;
                heard = watch.Elapsed;
                continue;
            }
            if (room > 0) continue;
            _poller.Wait(MonotonicClock.Now + TimeSpan.FromMilliseconds(20));
            TimeSpan now = watch.Elapsed;
            if (now - heard > GiveUp) throw new TimeoutException($"the hub answered {done} of {next} requests and then no more for {GiveUp.TotalSeconds} s");
            if (now - heard < Silence || now - resent < Silence) continue;
            resent = now;
            while (oldest < next && answered[oldest]) oldest++;
            Resend(requests, answered, oldest, next);
        }
        return watch.Elapsed;
    }

    public void Dispose()
    {
        Libc.Close(_send);
        Libc.Close(_receive);
        _poller.Dispose();
        _out.Dispose();
        _in.Dispose();
        NativeMemory.Free(_room);
    }

    private static int Open(int protocol)
    {
        int descriptor = Libc.Socket(LibcSpec.FamilyIPv4, LibcSpec.SocketRaw | LibcSpec.SocketNonBlocking | LibcSpec.SocketCloseOnExec, protocol);
        if (descriptor < 0) LinuxException.ThrowLast($"open raw socket for protocol {protocol}");
        return descriptor;
    }

    private void Resend(RequestSet requests, bool[] answered, int from, int to)
    {
        int filled = 0;
        for (int i = from; i < to; i++)
        {
            if (answered[i]) continue;
            Put(filled++, requests, i);
            Retransmitted++;
            if (filled < Batch) continue;
            Send(filled);
            filled = 0;
        }
        if (filled > 0) Send(filled);
    }

    private void Put(int place, RequestSet requests, int index)
    {
        _out.Vectors[place].Base = requests.Pointer(index);
        _out.Vectors[place].Length = (nuint)requests.Length;
    }

    private int Send(int count)
    {
        int sent = Libc.SendMessages(_send, _out.Headers, (uint)count, LibcSpec.MessageDontWait);
        if (sent < 0 && LinuxError.Last.Number is not Errno.Again and not Errno.Interrupted) LinuxException.ThrowLast("send requests");
        return Math.Max(sent, 0);
    }

    /// <summary>Takes one batch; how many requests it answers that had no answer yet.</summary>
    private int Receive(bool[] answered)
    {
        int count = Libc.ReceiveMessages(_receive, _in.Headers, Batch, LibcSpec.MessageDontWait, null);
        int news = 0;
        for (int i = 0; i < count; i++)
        {
            var packet = new ReadOnlySpan<byte>(_room + i * ReceiveRoom, (int)_in.Headers[i].Length);
            int nhrp = (packet[0] & 15) * 4 + RequestSet.GreHeader;
            if (packet.Length < nhrp + 28) continue;
            uint id = BinaryPrimitives.ReadUInt32BigEndian(packet[(nhrp + 24)..]);
            if (id >= answered.Length || answered[id]) continue;
            answered[id] = true;
            news++;
            // The code is the first byte behind the head: addresses of 4 bytes each, three of them.
            if (packet.Length > nhrp + 40 && packet[nhrp + 40] != 0) Refused++;
        }
        return news;
    }

    private void Drain()
    {
        while (Libc.ReceiveMessages(_receive, _in.Headers, Batch, LibcSpec.MessageDontWait, null) > 0)
        {
        }
    }
}
