using Dmvpn.Core;

namespace Dmvpn.Wire.Nhrp;

/// <summary>
/// An NHRP packet as a value: all that was on the wire, so that writing it gives the same bytes again. For tests, dissection and
/// recordings; the engine works on <see cref="NhrpView"/> and <see cref="NhrpWriter"/>, which allocate nothing.
/// </summary>
public sealed record NhrpPacket
{
    /// <summary>Fixed header and head of the mandatory part.</summary>
    public NhrpHeader Header { get; init; }

    /// <summary>Client information entries; none in an indication.</summary>
    public ValueList<NhrpCie> Cies { get; init; } = [];

    /// <summary>The start of the packet that an Error or Traffic Indication is about.</summary>
    public ValueList<byte> CarriedPacket { get; init; } = [];

    /// <summary>True when the extension offset is not 0, though there may be no extension.</summary>
    public bool HasExtensionPart { get; init; }

    /// <summary>The extensions in their order, End among them when it was there.</summary>
    public ValueList<NhrpExtension> Extensions { get; init; } = [];

    /// <summary>Checks and decodes a packet.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out NhrpPacket? packet, out Malformed why)
    {
        packet = NhrpView.TryParse(bytes, out NhrpView view, out why) ? From(view) : null;
        return packet is not null;
    }

    /// <summary>The value of a packet in place.</summary>
    public static NhrpPacket From(NhrpView view)
    {
        var cies = new List<NhrpCie>();
        foreach (NhrpCieView cie in view.Cies) cies.Add(cie.ToCie());
        var extensions = new List<NhrpExtension>();
        foreach (NhrpExtensionView extension in view.Extensions) extensions.Add(new(extension.RawType, extension.Value.ToArray()));
        return new NhrpPacket
        {
            Header = view.Header,
            Cies = [.. cies],
            CarriedPacket = ValueList.Create(view.CarriedPacket),
            HasExtensionPart = view.ExtensionOffset != 0,
            Extensions = [.. extensions],
        };
    }

    /// <summary>Writes the packet; false when there is too little room.</summary>
    public bool TryWrite(Span<byte> to, out int length)
    {
        var writer = new NhrpWriter(to, Header);
        foreach (NhrpCie cie in Cies.AsSpan()) writer.Cie(cie);
        writer.Raw(CarriedPacket.AsSpan());
        if (HasExtensionPart || Extensions.Count > 0) writer.BeginExtensions();
        foreach (NhrpExtension extension in Extensions.AsSpan()) writer.Extension(extension.RawType, extension.Value);
        return writer.TryFinish(out length);
    }

    /// <summary>The packet's bytes, newly allocated.</summary>
    /// <exception cref="InvalidOperationException">It is longer than a packet can be.</exception>
    public byte[] Write()
    {
        int size = Header.Length + CarriedPacket.Count;
        foreach (NhrpCie cie in Cies.AsSpan()) size += cie.Length;
        foreach (NhrpExtension extension in Extensions.AsSpan()) size += NhrpSpec.ExtensionHeaderLength + extension.Value.Length;
        byte[] bytes = new byte[size];
        return TryWrite(bytes, out _) ? bytes : throw new InvalidOperationException("An NHRP packet has at most 65535 bytes");
    }
}
