using System.Runtime.InteropServices;
using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Bench.Nhrp;

/// <summary>
/// Requests made beforehand, whole IPv4 packets of one length in native memory. The request id is the request's number, so an answer says
/// which it is for.
/// </summary>
internal sealed unsafe class RequestSet : IDisposable
{
    public const int IpHeader = 20;
    public const int GreHeader = 4;

    private byte* _memory;

    private RequestSet(int count, int length)
    {
        (Count, Length) = (count, length);
        _memory = (byte*)NativeMemory.Alloc((nuint)count * (nuint)length);
    }

    public int Count { get; }

    /// <summary>Length of each, in bytes.</summary>
    public int Length { get; }

    /// <summary>Registration Requests as IOS sends them.</summary>
    /// <param name="spokes">Which spoke sends request i.</param>
    public static RequestSet Registrations(int[] spokes) => Make(spokes, (i, spoke) => Packet(
        NhrpPacketType.RegistrationRequest, NhrpFlags.RegistrationUnique | NhrpFlags.Nat, i, spoke, BenchNetwork.HubTunnel,
        new NhrpCie { PrefixLength = 32, Mtu = 1472, HoldTime = BenchNetwork.HoldSeconds }));

    /// <summary>Resolution Requests of one spoke for another.</summary>
    /// <param name="authoritative">As IOS asks: the hub passes the request on to the other spoke. Else the hub answers from its cache.</param>
    public static RequestSet Resolutions(int[] spokes, int[] targets, bool authoritative) => Make(spokes, (i, spoke) => Packet(
        NhrpPacketType.ResolutionRequest,
        NhrpFlags.Router | NhrpFlags.SourceStable | NhrpFlags.Nat | (authoritative ? NhrpFlags.Authoritative : NhrpFlags.None),
        i, spoke, BenchNetwork.Tunnel(targets[i]), new NhrpCie { Mtu = 1472, HoldTime = BenchNetwork.HoldSeconds }));

    /// <summary>The whole packet, from its IPv4 header on.</summary>
    public byte* Pointer(int index) => _memory + (nint)index * Length;

    /// <summary>The NHRP packet alone.</summary>
    public ReadOnlySpan<byte> Nhrp(int index) => new(Pointer(index) + IpHeader + GreHeader, Length - IpHeader - GreHeader);

    /// <summary>The underlay address that it comes from.</summary>
    public IpAddress Source(int index) => IpAddress.FromBytes(new ReadOnlySpan<byte>(Pointer(index) + 12, 4));

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }

    private static RequestSet Make(int[] spokes, Func<int, int, byte[]> packet)
    {
        RequestSet set = new(spokes.Length, IpHeader + GreHeader + packet(0, spokes[0]).Length);
        for (int i = 0; i < spokes.Length; i++)
        {
            var to = new Span<byte>(set.Pointer(i), set.Length);
            to[..IpHeader].Clear();
            // The kernel fills in length, identification and checksum (raw(7)).
            to[0] = 0x45;
            to[1] = 0xC0;
            to[8] = 255;
            to[9] = (byte)IpProtocol.Gre;
            BenchNetwork.Underlay(spokes[i]).Write(to[12..]);
            BenchNetwork.HubUnderlay.Write(to[16..]);
            new Wire.Gre.GreHeader(GreProtocol.Nhrp).Write(to[IpHeader..]);
            packet(i, spokes[i]).CopyTo(to[(IpHeader + GreHeader)..]);
        }
        return set;
    }

    private static byte[] Packet(NhrpPacketType type, NhrpFlags flags, int id, int spoke, IpAddress destination, NhrpCie entry) => new NhrpPacket
    {
        Header = new NhrpHeader
        {
            Type = type,
            Flags = flags,
            RequestId = (uint)id,
            SourceNbma = BenchNetwork.Underlay(spoke),
            SourceProtocol = NhrpAddress.Explicit(BenchNetwork.Tunnel(spoke)),
            DestinationProtocol = NhrpAddress.Explicit(destination),
        },
        Cies = [entry],
        HasExtensionPart = true,
        Extensions = [new(0x8003, []), new(0x8004, []), new(0x8005, []), new(0x0009, []), new(0x8000, [])],
    }.Write();
}
