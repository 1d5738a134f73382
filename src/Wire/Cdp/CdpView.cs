using System.Buffers.Binary;
using System.Text;
using Dmvpn.Core;

namespace Dmvpn.Wire.Cdp;

/// <summary>
/// A CDP packet over borrowed bytes, from its version on (over GRE that is all of the payload).
/// <code>
/// |    Version    | TTL, seconds  |           Checksum            |
/// |             Type              |  Length, these 4 bytes too    |
/// |  Value ...                       further TLVs up to the end   |
/// </code>
/// </summary>
public readonly ref struct CdpView : IWireView<CdpView>
{
    private readonly ReadOnlySpan<byte> _bytes;

    private CdpView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>1 or 2.</summary>
    public byte Version => _bytes[0];

    /// <summary>How long the receiver shall believe it, in seconds; 0 is a goodbye.</summary>
    public byte TimeToLive => _bytes[1];

    /// <summary>The checksum as sent.</summary>
    public ushort Checksum => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>All TLVs in order.</summary>
    public CdpTlvs Tlvs => new(_bytes[CdpSpec.HeaderLength..]);

    /// <summary>Name of the sender; empty when not said.</summary>
    public string DeviceId => Text(Find(CdpTlvType.DeviceId));

    /// <summary>The interface that it was sent by.</summary>
    public string PortId => Text(Find(CdpTlvType.PortId));

    /// <summary>Software version, several lines.</summary>
    public string SoftwareVersion => Text(Find(CdpTlvType.SoftwareVersion), isLines: true);

    /// <summary>Hardware.</summary>
    public string Platform => Text(Find(CdpTlvType.Platform));

    /// <summary>What the sender does.</summary>
    public CdpCapabilities Capabilities =>
        Find(CdpTlvType.Capabilities) is { Length: 4 } value ? (CdpCapabilities)BinaryPrimitives.ReadUInt32BigEndian(value) : CdpCapabilities.None;

    /// <summary>1 full, 0 half; null when not said.</summary>
    public byte? Duplex => Find(CdpTlvType.Duplex) is { Length: 1 } value ? value[0] : null;

    /// <summary>VTP management domain; empty when not said.</summary>
    public string VtpDomain => Text(Find(CdpTlvType.VtpDomain));

    /// <summary>The IPv4 and IPv6 addresses of the interface it was sent by; those of other protocols are passed over.</summary>
    public CdpAddresses Addresses => new(Find(CdpTlvType.Addresses));

    /// <summary>The ODR TLV.</summary>
    public CdpOdrView Odr => new(Find(CdpTlvType.Odr), Has(CdpTlvType.Odr));

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out CdpView view, out Malformed why)
    {
        view = default;
        why = Check(bytes);
        if (why != Malformed.None) return false;
        view = new CdpView(bytes);
        return true;
    }

    /// <summary>A copy that outlives the bytes and encodes to the same ones.</summary>
    public CdpPacket ToPacket()
    {
        var tlvs = new List<CdpTlv>();
        foreach (CdpTlvView tlv in Tlvs) tlvs.Add(new CdpTlv(tlv.Type, ValueList.Create(tlv.Value)));
        var packet = new CdpPacket { Version = Version, TimeToLive = TimeToLive, Tlvs = [.. tlvs] };
        return packet.ComputeChecksum() == Checksum ? packet : packet with { Checksum = Checksum };
    }

    private static Malformed Check(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < CdpSpec.HeaderLength) return Malformed.Truncated;
        if (bytes[0] is not (1 or CdpSpec.Version)) return Malformed.UnknownVersion;
        for (ReadOnlySpan<byte> rest = bytes[CdpSpec.HeaderLength..]; !rest.IsEmpty;)
        {
            if (rest.Length < CdpSpec.TlvHeaderLength) return Malformed.TlvTruncated;
            int length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            if (length < CdpSpec.TlvHeaderLength || length > rest.Length) return Malformed.TlvTruncated;
            rest = rest[length..];
        }
        return CdpChecksum.IsValid(bytes) ? Malformed.None : Malformed.BadChecksum;
    }

    private ReadOnlySpan<byte> Find(CdpTlvType type)
    {
        foreach (CdpTlvView tlv in Tlvs)
        {
            if (tlv.Type == type) return tlv.Value;
        }
        return default;
    }

    private bool Has(CdpTlvType type)
    {
        foreach (CdpTlvView tlv in Tlvs)
        {
            if (tlv.Type == type) return true;
        }
        return false;
    }

    /// <summary>Text goes to terminals and logs: control characters, with which a neighbour could steer them, become dots; line feeds too but in text of several lines.</summary>
    private static string Text(ReadOnlySpan<byte> value, bool isLines = false)
    {
        int end = value.IndexOf((byte)0);
        if (end >= 0) value = value[..end];
        Span<char> text = value.Length <= 512 ? stackalloc char[value.Length] : new char[value.Length];
        Encoding.Latin1.GetChars(value, text);
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) && !(isLines && text[i] == '\n')) text[i] = '.';
        }
        return new string(text);
    }
}
