using System.Runtime.InteropServices;
using Dmvpn.Core;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// epoll, level-triggered, with a wake-up from other threads. One thread waits; any thread may add, remove or wake.
/// A descriptor must be removed before it is closed. Waiting allocates nothing.
/// </summary>
public sealed unsafe class Poller : IDisposable
{
    private const int MaximumReady = 64;
    private const ulong WakeToken = ulong.MaxValue;
    private const int CloseOnExec = LibcSpec.OpenCloseOnExec;
    private const int ControlAdd = 1, ControlRemove = 2, ControlModify = 3;

    // struct epoll_event is packed on x86-64 and nowhere else.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int TokenOffset = EventSize - sizeof(ulong);

    private readonly int _epoll;
    private readonly int _wake;
    private readonly byte* _events;
    private readonly Ready[] _ready = new Ready[MaximumReady];

    /// <summary>A poller that waits for nothing but <see cref="Wake"/> yet.</summary>
    /// <exception cref="LinuxException">Out of descriptors.</exception>
    public Poller()
    {
        _epoll = Libc.EpollCreate(CloseOnExec);
        if (_epoll < 0) LinuxException.ThrowLast("create epoll");
        _wake = Libc.EventDescriptor(0, LibcSpec.OpenNonBlocking | CloseOnExec);
        if (_wake < 0)
        {
            LinuxError error = LinuxError.Last;
            Libc.Close(_epoll);
            throw new LinuxException("create eventfd", error);
        }
        _events = (byte*)NativeMemory.AllocZeroed(MaximumReady, (nuint)EventSize);
        Control(ControlAdd, _wake, PollInterest.Readable, WakeToken);
    }

    /// <summary>The epoll descriptor itself: readable while something is ready.</summary>
    internal int Descriptor => _epoll;

    /// <summary>Waits for <paramref name="descriptor"/> too. Errors of it are always reported.</summary>
    /// <param name="token">Comes back in <see cref="Ready.Token"/>; any number but the largest.</param>
    public void Add(int descriptor, ulong token, PollInterest interest = PollInterest.Readable) =>
        Control(ControlAdd, descriptor, interest, token);

    /// <summary>Changes what is waited for.</summary>
    public void Modify(int descriptor, ulong token, PollInterest interest) => Control(ControlModify, descriptor, interest, token);

    /// <summary>Waits for <paramref name="descriptor"/> no more.</summary>
    public void Remove(int descriptor) => Control(ControlRemove, descriptor, PollInterest.None, 0);

    /// <summary>
    /// Waits until a descriptor is ready, <see cref="Wake"/> is called or the clock reaches <paramref name="until"/> (at
    /// most a millisecond late, never early). Empty for the last two: the caller looks at its mailbox and its deadlines in any case.
    /// </summary>
    /// <returns>What is ready; valid until the next call.</returns>
    public ReadOnlySpan<Ready> Wait(Instant until)
    {
        int count;
        do
        {
            count = Libc.EpollWait(_epoll, _events, MaximumReady, Milliseconds(until));
        }
        while (count < 0 && LinuxError.Last.Number == Errno.Interrupted);
        if (count < 0) LinuxException.ThrowLast("epoll_wait");

        int used = 0;
        for (int i = 0; i < count; i++)
        {
            var item = new ReadOnlySpan<byte>(_events + i * EventSize, EventSize);
            ulong token = MemoryMarshal.Read<ulong>(item[TokenOffset..]);
            if (token == WakeToken) ClearWake();
            else _ready[used++] = new Ready(token, (PollInterest)MemoryMarshal.Read<uint>(item));
        }
        return _ready.AsSpan(0, used);
    }

    /// <summary>Ends the present or the next <see cref="Wait"/>. From any thread; several calls before that count as one.</summary>
    public void Wake()
    {
        ulong one = 1;
        _ = Libc.Write(_wake, &one, sizeof(ulong));
    }

    /// <summary>Closes the poller, not the descriptors added to it. No thread may be waiting.</summary>
    public void Dispose()
    {
        Libc.Close(_wake);
        Libc.Close(_epoll);
        NativeMemory.Free(_events);
    }

    private static int Milliseconds(Instant until)
    {
        if (until.IsNever) return -1;
        long left = until.Nanoseconds - MonotonicClock.Now.Nanoseconds;
        return left <= 0 ? 0 : (int)Math.Min((left + 999_999) / 1_000_000, int.MaxValue);
    }

    private void ClearWake()
    {
        ulong count;
        _ = Libc.Read(_wake, &count, sizeof(ulong));
    }

    private void Control(int operation, int descriptor, PollInterest interest, ulong token)
    {
        Span<byte> item = stackalloc byte[16];
        MemoryMarshal.Write(item, (uint)interest);
        MemoryMarshal.Write(item[TokenOffset..], token);
        fixed (byte* pointer = item)
        {
            if (Libc.EpollControl(_epoll, operation, descriptor, pointer) < 0) LinuxException.ThrowLast("epoll_ctl");
        }
    }
}

/// <summary>What is waited for, or is so (epoll(7) bits).</summary>
[Flags]
public enum PollInterest : uint
{
    /// <summary>Nothing but errors.</summary>
    None = 0,

    /// <summary>EPOLLIN.</summary>
    Readable = 1,

    /// <summary>EPOLLOUT.</summary>
    Writable = 4,

    /// <summary>EPOLLERR: an error, or something in the error queue (path MTU). Never needs to be asked for.</summary>
    Error = 8,

    /// <summary>EPOLLHUP: the device is gone. Never needs to be asked for.</summary>
    HangUp = 16,
}

/// <summary>A descriptor that is ready.</summary>
/// <param name="Token">Which one, as given to <see cref="Poller.Add"/>.</param>
/// <param name="State">For what.</param>
public readonly record struct Ready(ulong Token, PollInterest State)
{
    /// <summary>True when reading makes sense: data, an error to fetch, or the end.</summary>
    public bool CanRead => (State & (PollInterest.Readable | PollInterest.Error | PollInterest.HangUp)) != 0;

    /// <summary>True when the error queue may hold something.</summary>
    public bool HasError => (State & PollInterest.Error) != 0;
}
