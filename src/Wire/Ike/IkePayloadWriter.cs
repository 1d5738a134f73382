namespace Dmvpn.Wire.Ike;

/// <summary>
/// Writes a chain of payloads, each linked to the next (RFC 7296 3.2). For a message in the clear the chain follows the header; for a protected one
/// it is what goes into the SK payload. What does not fit sets <see cref="Failed"/>.
/// </summary>
public ref struct IkePayloadWriter
{
    private WireWriter _to;
    private readonly Span<byte> _room;
    private int _link;

    /// <summary>A writer at the start of <paramref name="to"/>.</summary>
    public IkePayloadWriter(Span<byte> to)
    {
        _room = to;
        _to = new WireWriter(to);
        _link = -1;
        First = IkePayloadType.None;
    }

    /// <summary>Type of the first payload.</summary>
    public IkePayloadType First { get; private set; }

    /// <summary>Octets written.</summary>
    public readonly int Length => _to.Position;

    /// <summary>True once something did not fit.</summary>
    public readonly bool Failed => _to.Failed;

    /// <summary>The octets written.</summary>
    public readonly ReadOnlySpan<byte> Written => _room[.._to.Position];

    /// <summary>SA.</summary>
    public void SecurityAssociation(scoped ReadOnlySpan<IkeProposal> proposals)
    {
        int at = Begin(IkePayloadType.SecurityAssociation);
        for (int i = 0; i < proposals.Length; i++) proposals[i].Write(ref _to, i == proposals.Length - 1);
        End(at);
    }

    /// <summary>KE.</summary>
    public void KeyExchange(DhGroup group, scoped ReadOnlySpan<byte> publicValue)
    {
        int at = Begin(IkePayloadType.KeyExchange);
        _to.WriteUInt16((ushort)group);
        _to.WriteUInt16(0);
        _to.WriteBytes(publicValue);
        End(at);
    }

    /// <summary>Ni or Nr.</summary>
    public void Nonce(scoped ReadOnlySpan<byte> nonce) => Raw(IkePayloadType.Nonce, nonce);

    /// <summary>IDi or IDr.</summary>
    public void Identity(IkePayloadType type, IkeIdentity identity)
    {
        int at = Begin(type);
        WriteIdentityBody(ref _to, identity);
        End(at);
    }

    /// <summary>Octets of an identity payload's body, for AUTH (RFC 7296 2.15).</summary>
    public static byte[] IdentityBody(IkeIdentity identity)
    {
        byte[] body = new byte[4 + identity.Data.Length];
        var writer = new WireWriter(body);
        WriteIdentityBody(ref writer, identity);
        return body;
    }

    /// <summary>CERT or CERTREQ.</summary>
    public void Certificate(IkePayloadType type, IkeCertificateEncoding encoding, scoped ReadOnlySpan<byte> data)
    {
        int at = Begin(type);
        _to.WriteByte((byte)encoding);
        _to.WriteBytes(data);
        End(at);
    }

    /// <summary>AUTH.</summary>
    public void Authentication(IkeAuthMethod method, scoped ReadOnlySpan<byte> data)
    {
        int at = Begin(IkePayloadType.Authentication);
        _to.WriteByte((byte)method);
        _to.WriteZeros(3);
        _to.WriteBytes(data);
        End(at);
    }

    /// <summary>A notify that is about no SA.</summary>
    public void Notify(IkeNotifyType type, scoped ReadOnlySpan<byte> data = default) => Notify(IkeProtocolId.None, default, type, data);

    /// <summary>A notify about an SA.</summary>
    public void Notify(IkeProtocolId protocol, scoped ReadOnlySpan<byte> spi, IkeNotifyType type, scoped ReadOnlySpan<byte> data)
    {
        int at = Begin(IkePayloadType.Notify);
        _to.WriteByte((byte)protocol);
        _to.WriteByte((byte)spi.Length);
        _to.WriteUInt16((ushort)type);
        _to.WriteBytes(spi);
        _to.WriteBytes(data);
        End(at);
    }

    /// <summary>Deletes the IKE SA that the message is of.</summary>
    public void DeleteIke()
    {
        int at = Begin(IkePayloadType.Delete);
        _to.WriteByte((byte)IkeProtocolId.Ike);
        _to.WriteZeros(3);
        End(at);
    }

    /// <summary>Deletes ESP SAs by the SPIs that the sender receives with.</summary>
    public void DeleteEsp(scoped ReadOnlySpan<uint> spis)
    {
        int at = Begin(IkePayloadType.Delete);
        _to.WriteByte((byte)IkeProtocolId.Esp);
        _to.WriteByte(4);
        _to.WriteUInt16((ushort)spis.Length);
        foreach (uint spi in spis) _to.WriteUInt32(spi);
        End(at);
    }

    /// <summary>TSi or TSr.</summary>
    public void TrafficSelectors(IkePayloadType type, scoped ReadOnlySpan<TrafficSelector> selectors)
    {
        int at = Begin(type);
        _to.WriteByte((byte)selectors.Length);
        _to.WriteZeros(3);
        foreach (TrafficSelector selector in selectors) selector.Write(ref _to);
        End(at);
    }

    /// <summary>V.</summary>
    public void VendorId(scoped ReadOnlySpan<byte> id) => Raw(IkePayloadType.VendorId, id);

    /// <summary>Any payload, its body as it is.</summary>
    public void Raw(IkePayloadType type, scoped ReadOnlySpan<byte> body, bool isCritical = false)
    {
        int at = Begin(type);
        _to.WriteBytes(body);
        End(at);
        if (isCritical && !_to.Failed) _room[at + 1] |= 0x80;
    }

    private static void WriteIdentityBody(ref WireWriter to, IkeIdentity identity)
    {
        to.WriteByte((byte)identity.Type);
        to.WriteZeros(3);
        to.WriteBytes(identity.Data);
    }

    private int Begin(IkePayloadType type)
    {
        if (_link < 0) First = type;
        else if (!_to.Failed) _room[_link] = (byte)type;
        _link = _to.Position;
        _to.WriteUInt32(0);
        return _link;
    }

    private readonly void End(int at)
    {
        if (_to.Position - at > ushort.MaxValue) return;
        _to.PatchUInt16(at + 2, (ushort)(_to.Position - at));
    }
}
