using Dmvpn.Core;

namespace Dmvpn.Wire.Cdp;

/// <summary>What an ODR TLV says, over borrowed bytes.</summary>
public readonly ref struct CdpOdrView
{
    private readonly ReadOnlySpan<byte> _value;

    internal CdpOdrView(ReadOnlySpan<byte> value, bool isPresent)
    {
        _value = value;
        Kind = !isPresent ? CdpOdrKind.Absent
            : value.Length == CdpSpec.GatewayLength ? CdpOdrKind.Gateway
            : value.Length % CdpSpec.PrefixLength == 0 ? CdpOdrKind.Prefixes
            : CdpOdrKind.Unknown;
    }

    /// <summary>Which of its forms it has.</summary>
    public CdpOdrKind Kind { get; }

    /// <summary>From a hub: the address that its stubs shall use as default gateway.</summary>
    public IpAddress Gateway => Kind == CdpOdrKind.Gateway ? IpAddress.FromBytes(_value) : IpAddress.None;

    /// <summary>From a stub: how many entries the list has.</summary>
    public int PrefixCount => Kind == CdpOdrKind.Prefixes ? _value.Length / CdpSpec.PrefixLength : 0;

    /// <summary>One entry. False for a length above 32, which is no prefix.</summary>
    public bool TryGetPrefix(int index, out IpPrefix prefix)
    {
        prefix = default;
        ReadOnlySpan<byte> entry = _value.Slice(index * CdpSpec.PrefixLength, CdpSpec.PrefixLength);
        if (entry[4] > 32) return false;
        prefix = new IpPrefix(IpAddress.FromBytes(entry[..4]), entry[4]);
        return true;
    }
}

/// <summary>The forms of the ODR TLV; its length tells them apart.</summary>
public enum CdpOdrKind
{
    /// <summary>There is no such TLV: the sender runs a routing protocol, or has nothing to say.</summary>
    Absent,

    /// <summary>From a stub: 5 bytes for each prefix, possibly none.</summary>
    Prefixes,

    /// <summary>From a hub: one address.</summary>
    Gateway,

    /// <summary>A length that is neither.</summary>
    Unknown,
}
