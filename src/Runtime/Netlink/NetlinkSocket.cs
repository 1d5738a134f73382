using System.Runtime.InteropServices;
using Dmvpn.Runtime.Native;
using static Dmvpn.Runtime.Netlink.RtnetlinkSpec;

namespace Dmvpn.Runtime.Netlink;

/// <summary>What a request's answers are given to.</summary>
internal interface IAnswerSink
{
    /// <summary>The answers begin. A dump that the table's changes interrupted begins again.</summary>
    void Begin();

    void Take(in NetlinkMessage message);

    /// <summary>The answers are complete. True when they are not to be trusted, though the kernel did not say so.</summary>
    bool WasDisturbed();
}

/// <summary>
/// A NETLINK_ROUTE socket in the network namespace of the thread that made it. Requests block until answered, which the
/// kernel does within the send call. One thread at a time.
/// </summary>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(RuntimeLimits.NetlinkReceiveChunk, pinned: true);
    private uint _sequence;

    public NetlinkSocket(ReadOnlySpan<int> groups, bool blocking)
    {
        int type = LibcSpec.SocketRaw | LibcSpec.SocketCloseOnExec | (blocking ? 0 : LibcSpec.SocketNonBlocking);
        Descriptor = Libc.Socket(LibcSpec.FamilyNetlink, type, ProtocolRoute);
        if (Descriptor < 0) LinuxException.ThrowLast("open netlink socket");
        try
        {
            Configure(groups);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Descriptor { get; }

    /// <summary>A number for the next request.</summary>
    public uint NextSequence() => ++_sequence;

    /// <summary>Sends messages as they are; the kernel works through them before this returns.</summary>
    public LinuxError Send(ReadOnlySpan<byte> messages)
    {
        fixed (byte* pointer = messages)
        {
            while (Libc.Send(Descriptor, pointer, messages.Length, 0) < 0)
            {
                LinuxError error = LinuxError.Last;
                if (error.Number != Errno.Interrupted) return error;
            }
        }
        return LinuxError.None;
    }

    /// <summary>The bytes of one receive; valid until the next one.</summary>
    public LinuxError Receive(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        while (true)
        {
            nint length = Libc.Receive(Descriptor, Marshal.UnsafeAddrOfPinnedArrayElement(_received, 0).ToPointer(), _received.Length, LibcSpec.MessageTruncated);
            if (length >= 0)
            {
                if (length > _received.Length) return new LinuxError(Errno.MessageTooLong);
                bytes = _received.AsSpan(0, (int)length);
                return LinuxError.None;
            }
            LinuxError error = LinuxError.Last;
            if (error.Number != Errno.Interrupted) return error;
        }
    }

    /// <summary>Sends one message that asks for an acknowledgement and waits for it.</summary>
    public LinuxError Request(ReadOnlySpan<byte> message, uint sequence)
    {
        var none = default(NoAnswer);
        return Request(message, sequence, ref none, out _);
    }

    /// <summary>Sends one request (also a dump) and gives its answers to <paramref name="sink"/> until it is done.</summary>
    /// <param name="interrupted">The table changed under every attempt: the dump may lack routes that stay and have some twice.</param>
    public LinuxError Request<TSink>(ReadOnlySpan<byte> message, uint sequence, ref TSink sink, out bool interrupted)
        where TSink : IAnswerSink, allows ref struct
    {
        for (int attempt = 1; ; attempt++)
        {
            interrupted = false;
            sink.Begin();
            LinuxError error = Send(message);
            if (!error.IsNone) return error;
            error = ReceiveAnswers(sequence, ref sink, out interrupted);
            interrupted |= sink.WasDisturbed();
            if (!error.IsNone || !interrupted || attempt == RuntimeLimits.DumpAttempts) return error;
        }
    }

    /// <summary>What an NLMSG_ERROR or NLMSG_DONE says; None for an acknowledgement.</summary>
    public static LinuxError ErrorOf(in NetlinkMessage message)
    {
        ReadOnlySpan<byte> payload = message.Payload;
        if (payload.Length < 4) return LinuxError.None;
        int number = MemoryMarshal.Read<int>(payload);
        if (number >= 0) return LinuxError.None;
        return new LinuxError((Errno)(-number), TextOf(message, payload[4..]));
    }

    public void Dispose() => Libc.Close(Descriptor);

    /// <summary>Throws away what has come; true when there was something. For a socket that does not block.</summary>
    public bool Drain()
    {
        bool any = false;
        while (Receive(out _).Number is Errno.None or Errno.NoBufferSpace) any = true;
        return any;
    }

    /// <summary>Joins or leaves a group.</summary>
    public void SetMembership(int group, bool member) => Libc.SetOption(
        Descriptor, LevelNetlink, member ? OptionAddMembership : OptionDropMembership, group, $"join or leave netlink group {group}");

    private LinuxError ReceiveAnswers<TSink>(uint sequence, ref TSink sink, out bool interrupted)
        where TSink : IAnswerSink, allows ref struct
    {
        interrupted = false;
        while (true)
        {
            LinuxError error = Receive(out ReadOnlySpan<byte> bytes);
            if (!error.IsNone) return error.Number == Errno.Again ? new LinuxError(Errno.TimedOut) : error;
            var reader = new NetlinkReader(bytes);
            while (reader.TryNext(out NetlinkMessage message))
            {
                // An answer to a request that timed out earlier.
                if (message.Sequence != sequence) continue;
                interrupted |= (message.Flags & FlagDumpInterrupted) != 0;
                if (message.Type is MessageError or MessageDone) return ErrorOf(message);
                sink.Take(message);
            }
        }
    }

    // NLMSGERR_ATTR_MSG behind the (capped or whole) copy of the request; in NLMSG_DONE behind the number.
    private static string? TextOf(in NetlinkMessage message, ReadOnlySpan<byte> rest)
    {
        if ((message.Flags & FlagAnswerAttributes) == 0) return null;
        if (message.Type == MessageError)
        {
            if (rest.Length < MessageHeaderSize) return null;
            bool capped = (message.Flags & FlagAnswerCapped) != 0;
            uint copied = capped ? MessageHeaderSize : MemoryMarshal.Read<uint>(rest) + 3 & ~3u;
            if (copied > (uint)rest.Length) return null;
            rest = rest[(int)copied..];
        }
        var attributes = new AttributeReader(rest);
        while (attributes.MoveNext())
        {
            if (attributes.Type == ErrorText) return attributes.Text;
        }
        return null;
    }

    private void Configure(ReadOnlySpan<int> groups)
    {
        if (!Libc.TrySetOption(Descriptor, LibcSpec.LevelSocket, LibcSpec.OptionReceiveBufferForce, RuntimeLimits.NetlinkReceiveBuffer))
        {
            _ = Libc.TrySetOption(Descriptor, LibcSpec.LevelSocket, LibcSpec.OptionReceiveBuffer, RuntimeLimits.NetlinkReceiveBuffer);
        }
        // Younger than Linux 4.20 these are all there; without them only the texts and the kernel's filtering are missing.
        _ = Libc.TrySetOption(Descriptor, LevelNetlink, OptionCapAnswer, 1);
        _ = Libc.TrySetOption(Descriptor, LevelNetlink, OptionExtendedAnswer, 1);
        _ = Libc.TrySetOption(Descriptor, LevelNetlink, OptionStrictCheck, 1);
        long* timeout = stackalloc long[2] { (long)RuntimeLimits.NetlinkAnswer.TotalSeconds, 0 };
        _ = Libc.SetSocketOption(Descriptor, LibcSpec.LevelSocket, LibcSpec.OptionReceiveTimeout, timeout, 16);

        byte* address = stackalloc byte[12];
        new Span<byte>(address, 12).Clear();
        *(ushort*)address = LibcSpec.FamilyNetlink;
        if (Libc.Bind(Descriptor, address, 12) != 0) LinuxException.ThrowLast("bind netlink socket");
        foreach (int group in groups) SetMembership(group, member: true);
    }

    private readonly struct NoAnswer : IAnswerSink
    {
        public void Begin()
        {
        }

        public void Take(in NetlinkMessage message)
        {
        }

        public bool WasDisturbed() => false;
    }
}
