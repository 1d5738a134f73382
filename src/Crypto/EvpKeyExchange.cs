using System.Diagnostics.CodeAnalysis;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// Diffie-Hellman by libcrypto's EVP_PKEY: the MODP groups of RFC 3526, the NIST curves of RFC 5903 and Curve25519 (RFC 8031).
/// </summary>
internal sealed unsafe class EvpKeyExchange : KeyExchange
{
    /// <summary>In front of x and y in libcrypto's encoding of a point, and not on the wire (RFC 5903 7).</summary>
    private const byte UncompressedPoint = 4;

    private readonly byte[] _encoded;
    private nint _key;

    /// <summary>A fresh private key.</summary>
    public EvpKeyExchange(DhGroup group)
        : this(group, EvpGroup.NewKey(group))
    {
    }

    /// <summary>The end with this private key, an EVP_PKEY of the group, which it owns from now on.</summary>
    public EvpKeyExchange(DhGroup group, nint key)
    {
        (Group, _key) = (group, key);
        _encoded = new byte[PrefixLength + PublicLength(group)];
        nuint written;
        fixed (byte* to = _encoded)
        {
            int result = LibCrypto.KeyGetOctets(key, "encoded-pub-key", to, (nuint)_encoded.Length, &written);
            CryptoLibrary.Check(result > 0 && written == (nuint)_encoded.Length ? 1 : 0, "tell a public value");
        }
    }

    ~EvpKeyExchange() => Free();

    public override DhGroup Group { get; }

    public override ReadOnlySpan<byte> PublicValue => _encoded.AsSpan(PrefixLength);

    private int PrefixLength => EvpGroup.IsCurveOfPoints(Group) ? 1 : 0;

    public override bool TryDerive(ReadOnlySpan<byte> peerPublicValue, [NotNullWhen(true)] out SecretBytes? shared)
    {
        shared = null;
        ObjectDisposedException.ThrowIf(_key == 0, this);
        if (peerPublicValue.Length != PublicLength(Group)) return false;
        nint peer = 0, context = 0;
        try
        {
            return TryReadPeer(peerPublicValue, out peer) && TryStart(peer, out context) && TryDerive(context, out shared);
        }
        finally
        {
            LibCrypto.KeyContextFree(context);
            LibCrypto.KeyFree(peer);
            LibCrypto.ClearErrors();
        }
    }

    public override void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private bool TryReadPeer(ReadOnlySpan<byte> value, out nint peer)
    {
        Span<byte> encoded = stackalloc byte[PrefixLength + value.Length];
        encoded[0] = UncompressedPoint;
        value.CopyTo(encoded[PrefixLength..]);
        peer = LibCrypto.KeyNew();
        fixed (byte* octets = encoded)
        {
            if (peer == 0 || LibCrypto.KeyCopyParameters(peer, _key) <= 0 || LibCrypto.KeySetPublic(peer, octets, (nuint)encoded.Length) <= 0) return false;
        }
        // RFC 6989 2.1 and 2.3: 1 < r < p - 1; coordinates in range, on the curve. Not libcrypto's whole check: for MODP that is an exponentiation seven times as long as our own, which a stranger
        // would have for the asking, to find what leaks at most one bit of a key that is used once.
        nint check = LibCrypto.KeyContextByKey(0, peer, null);
        bool good = check != 0 && LibCrypto.KeyCheckPublicQuickly(check) > 0;
        LibCrypto.KeyContextFree(check);
        return good;
    }

    private bool TryStart(nint peer, out nint context)
    {
        context = LibCrypto.KeyContextByKey(0, _key, null);
        if (context == 0 || LibCrypto.DeriveInit(context) <= 0) return false;
        // RFC 7296 2.14: g^ir has the length of the modulus, with leading zeros.
        if (EvpGroup.IsModp(Group) && LibCrypto.DeriveSetPadding(context, 1) <= 0) return false;
        return LibCrypto.DeriveSetPeer(context, peer, check: 0) > 0;
    }

    private bool TryDerive(nint context, [NotNullWhen(true)] out SecretBytes? shared)
    {
        shared = new SecretBytes(SecretLength(Group));
        nuint length = (nuint)shared.Length;
        bool good;
        fixed (byte* to = shared.Span) good = LibCrypto.Derive(context, to, &length) > 0 && length == (nuint)shared.Length;
        // RFC 8031 5: the points of small order have an all-zero secret. libcrypto refuses it as well.
        if (Group == DhGroup.Curve25519) good = good && !shared.FixedTimeEquals(stackalloc byte[shared.Length]);
        if (good) return true;
        shared.Dispose();
        shared = null;
        return false;
    }

    private void Free()
    {
        LibCrypto.KeyFree(_key);
        _key = 0;
    }
}
