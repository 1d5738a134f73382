using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Ike;

/// <summary>
/// "Are you there?" as long as a full packet of the tunnel. After a few transmissions without an
/// answer it goes without the octets that mean nothing, as short as any such question. So the window
/// is free again in any case, and the answer tells a narrow path from a dead peer. A request that
/// is sent again is to be the same (RFC 7296 2.1), but whoever has seen the long one answers by its
/// number; fragments of the same one (RFC 7383 2.5.2) are not answered by strongSwan.
/// </summary>
/// <param name="peer">Who is asked.</param>
/// <param name="dpd">The pace of the small ones.</param>
/// <param name="size">Octets of the long packet, IP header included.</param>
/// <param name="dontFragment">It bears "don't fragment".</param>
/// <param name="wait">The time after its first transmission; after others twice that.</param>
/// <param name="tries">Its transmissions.</param>
internal sealed class PathProbeRequest(
    IkePeer peer, DpdConfig? dpd, int size, bool dontFragment, TimeSpan wait, int tries) : LivenessRequest(dpd)
{
    private const int NotifyHeader = 8;
    private const int Headers = IkeSpec.HeaderLength + IkeSpec.PayloadHeaderLength;

    // Of the private range (RFC 7296 3.2), not critical: its receiver passes over it (2.5).
    private const IkePayloadType Filler = (IkePayloadType)200;

    private byte[] _plaintext = [];
    private IkePayloadType _first;
    private bool _isWhole = true;
    private bool _isVoid;

    /// <summary>See the parameter.</summary>
    public int Size => size;

    /// <summary>
    /// Octets of the packet that is sent: to a peer of another make, with a cipher that has blocks,
    /// up to one of these less.
    /// </summary>
    public int ActualSize { get; private set; }

    /// <summary>What every path carries (RFC 7383 2.5.1).</summary>
    public static int SmallSize(in IkePath path) => path.Remote.Address.IsIPv4 ? IpSpec.Ipv4MinimumReassembly : IpSpec.Ipv6MinimumMtu;

    public override bool ProvesSilence => !_isWhole;

    public override bool DontFragment => _isWhole && dontFragment;

    public override int MaximumTries => _isWhole ? tries + 1 : base.MaximumTries;

    public override TimeSpan Interval(int tries) => !_isWhole ? base.Interval(tries) : tries == 1 ? wait : wait * 2;

    public override byte[][]? Compose(IkeSa sa, Instant now)
    {
        var writer = new IkePayloadWriter(sa.Core.Plain);
        if (!TryWrite(sa, ref writer, now)) return null;
        int room = IkeFragmenter.LongestMessage(size, sa.SendingPath) - Headers;
        int length = Fit(sa, room, out int filler);
        writer.Notify(IkeNotifyType.PathProbe, new byte[Math.Max(0, length - writer.Length - NotifyHeader)]);
        if (writer.Failed) return null;
        (_first, _plaintext) = (writer.First, writer.Written.ToArray());
        byte[] message = Write(sa, filler);
        ActualSize = size - room + message.Length - Headers;
        return [message];
    }

    public override void BeforeRetry(IkeSa sa, Instant now)
    {
        if (!_isWhole || Tries < tries) return;
        Shrink(sa);
        (Tries, SentAt) = (0, now);
    }

    public override void OnPathChanged(IkeSa sa)
    {
        _isVoid = true;
        if (_isWhole) Shrink(sa);
    }

    public override void OnResponse(
        IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox)
    {
        base.OnResponse(sa, payloads, arrival, now, outbox);
        if (_isVoid) sa.Core.PathMtus.OnLost(peer, this, now);
        else sa.Core.PathMtus.OnAnswered(peer, this, _isWhole, now, outbox);
    }

    public override void OnLost(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        sa.Core.PathMtus.OnLost(peer, this, now);
        // What comes after it must not wait for what the path may not carry.
        if (!_isWhole || sa.Stage == IkeSaStage.Dead || Tries == 0) return;
        Shrink(sa);
        (Tries, NextTry) = (0, now);
    }

    public override bool OnUnanswered(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        sa.Core.PathMtus.OnLost(peer, this, now);
        return base.OnUnanswered(sa, now, outbox);
    }

    private void Shrink(IkeSa sa)
    {
        _isWhole = false;
        var writer = new IkePayloadWriter(sa.Core.Plain);
        TryWrite(sa, ref writer, Instant.Zero);
        Datagrams = IkeSealing.Sealed(sa, Exchange, IkeFlags.None, Id, writer);
    }

    /// <summary>The longest plaintext that fits, and with what the room is filled up.</summary>
    private static int Fit(IkeSa sa, int room, out int filler)
    {
        int length = Math.Max(room, 0);
        while (length > 0 && sa.Outbound!.SealedLength(length) > room) length--;
        filler = 0;
        if ((sa.Abilities & PeerAbilities.Ours) == 0) return length;
        IkeCipher cipher = sa.Outbound!;
        while (length > 0 && room - cipher.SealedLength(length) is > 0 and < IkeSpec.PayloadHeaderLength) length--;
        filler = Math.Max(0, room - cipher.SealedLength(length));
        return length;
    }

    /// <summary>
    /// One message; a payload that means nothing fills up what the cipher's blocks leave.
    /// </summary>
    private byte[] Write(IkeSa sa, int filler)
    {
        int sealedAt = IkeSpec.HeaderLength + filler, body = sealedAt + IkeSpec.PayloadHeaderLength;
        byte[] message = new byte[body + sa.Outbound!.SealedLength(_plaintext.Length)];
        IkeHeader header = IkeSealing.HeaderOf(sa, Exchange, IkeFlags.None, Id);
        (filler > 0 ? header with { FirstPayload = Filler } : header).Write(message, message.Length);
        if (filler > 0) WriteHeader(message.AsSpan(IkeSpec.HeaderLength), IkePayloadType.Encrypted, filler);
        WriteHeader(message.AsSpan(sealedAt), _first, message.Length - sealedAt);
        sa.Outbound.Seal(message, body, _plaintext);
        return message;
    }

    private static void WriteHeader(Span<byte> to, IkePayloadType next, int length)
    {
        to[0] = (byte)next;
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)length);
    }
}
