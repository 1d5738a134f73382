using System.Buffers.Binary;
using System.Text;
using Dmvpn.Core;

namespace Dmvpn.Wire.Cdp;

/// <summary>A CDP packet as a value: header and TLVs in their order, so that what was decoded encodes to the same bytes.</summary>
public sealed record CdpPacket
{
    /// <summary>1 or 2.</summary>
    public byte Version { get; init; } = CdpSpec.Version;

    /// <summary>Seconds; 0 is a goodbye.</summary>
    public byte TimeToLive { get; init; }

    /// <summary>A checksum to write as it is; null to compute Cisco's.</summary>
    public ushort? Checksum { get; init; }

    /// <summary>The TLVs.</summary>
    public ValueList<CdpTlv> Tlvs { get; init; } = [];

    /// <summary>Length in bytes.</summary>
    public int Length
    {
        get
        {
            int length = CdpSpec.HeaderLength;
            foreach (CdpTlv tlv in Tlvs.AsSpan()) length += CdpSpec.TlvHeaderLength + tlv.Value.Count;
            return length;
        }
    }

    /// <summary>Writes the packet at the start of <paramref name="to"/>, which must have room for <see cref="Length"/> bytes.</summary>
    public void Write(Span<byte> to)
    {
        var writer = new WireWriter(to);
        writer.WriteByte(Version);
        writer.WriteByte(TimeToLive);
        writer.WriteUInt16(0);
        foreach (CdpTlv tlv in Tlvs.AsSpan())
        {
            writer.WriteUInt16((ushort)tlv.Type);
            writer.WriteUInt16((ushort)(CdpSpec.TlvHeaderLength + tlv.Value.Count));
            writer.WriteBytes(tlv.Value.AsSpan());
        }
        writer.PatchUInt16(2, Checksum ?? CdpChecksum.Compute(writer.Written));
    }

    /// <summary>The packet in a new array.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        Write(bytes);
        return bytes;
    }

    internal ushort ComputeChecksum() => BinaryPrimitives.ReadUInt16BigEndian((this with { Checksum = null }).ToBytes().AsSpan(2));
}

/// <summary>One TLV as a value.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Value">The bytes behind type and length, at most 65531.</param>
public readonly record struct CdpTlv(CdpTlvType Type, ValueList<byte> Value)
{
    /// <summary>A TLV of text in ASCII.</summary>
    public static CdpTlv Text(CdpTlvType type, string text) => new(type, ValueList.Create<byte>(Encoding.ASCII.GetBytes(text)));

    /// <summary>What the sender does.</summary>
    public static CdpTlv Capabilities(CdpCapabilities capabilities)
    {
        Span<byte> value = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(value, (uint)capabilities);
        return new CdpTlv(CdpTlvType.Capabilities, ValueList.Create<byte>(value));
    }

    /// <summary>Interface addresses.</summary>
    public static CdpTlv Addresses(ReadOnlySpan<IpAddress> addresses)
    {
        // Of IPv6, the longer: protocol type and length, 8 bytes of protocol, address length, address.
        byte[] value = new byte[4 + addresses.Length * (2 + 8 + 2 + 16)];
        var writer = new WireWriter(value);
        writer.WriteUInt32((uint)addresses.Length);
        foreach (IpAddress address in addresses)
        {
            ReadOnlySpan<byte> protocol = address.IsIPv4 ? [CdpSpec.Ipv4Nlpid] : CdpSpec.Ipv6Snap;
            writer.WriteByte(address.IsIPv4 ? CdpSpec.NlpidProtocolType : CdpSpec.SnapProtocolType);
            writer.WriteByte((byte)protocol.Length);
            writer.WriteBytes(protocol);
            writer.WriteUInt16((ushort)address.ByteCount);
            writer.WriteAddress(address);
        }
        return new CdpTlv(CdpTlvType.Addresses, ValueList.Create<byte>(writer.Written));
    }

    /// <summary>ODR from a stub: its prefixes, IPv4 only; others are passed over.</summary>
    public static CdpTlv OdrPrefixes(ReadOnlySpan<IpPrefix> prefixes)
    {
        byte[] value = new byte[prefixes.Length * CdpSpec.PrefixLength];
        var writer = new WireWriter(value);
        foreach (IpPrefix prefix in prefixes)
        {
            if (!prefix.IsIPv4) continue;
            writer.WriteUInt32(prefix.Address.ToUInt32());
            writer.WriteByte((byte)prefix.Length);
        }
        return new CdpTlv(CdpTlvType.Odr, ValueList.Create<byte>(writer.Written));
    }

    /// <summary>ODR from a hub: the default gateway, an IPv4 address.</summary>
    public static CdpTlv OdrGateway(IpAddress gateway)
    {
        Span<byte> value = stackalloc byte[CdpSpec.GatewayLength];
        BinaryPrimitives.WriteUInt32BigEndian(value, gateway.ToUInt32());
        return new CdpTlv(CdpTlvType.Odr, ValueList.Create<byte>(value));
    }
}
