using System.Diagnostics.CodeAnalysis;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>Diffie-Hellman by libcrypto's EVP_PKEY: the MODP groups of RFC 3526 and Curve25519 (RFC 8031).</summary>
internal sealed unsafe class EvpKeyExchange : KeyExchange
{
    private readonly byte[] _public;
    private nint _key;

    public EvpKeyExchange(DhGroup group)
    {
        Group = group;
        nint context = LibCrypto.KeyContextByName(0, group == DhGroup.Curve25519 ? "X25519" : "DH", null);
        try
        {
            CryptoLibrary.Check(context != 0 ? LibCrypto.KeyGenerationInit(context) : 0, "start a key");
            if (group != DhGroup.Curve25519) CryptoLibrary.Check(LibCrypto.KeySetGroup(context, GroupName(group)), "take a group");
            nint key;
            CryptoLibrary.Check(LibCrypto.KeyGenerate(context, &key), "make a key");
            _key = key;
        }
        finally
        {
            LibCrypto.KeyContextFree(context);
        }
        _public = new byte[PublicLength(group)];
        nuint written;
        fixed (byte* to = _public) CryptoLibrary.Check(LibCrypto.KeyGetOctets(_key, "encoded-pub-key", to, (nuint)_public.Length, &written), "tell a public value");
    }

    ~EvpKeyExchange() => Free();

    public override DhGroup Group { get; }

    public override ReadOnlySpan<byte> PublicValue => _public;

    public override bool TryDerive(ReadOnlySpan<byte> peerPublicValue, [NotNullWhen(true)] out SecretBytes? shared)
    {
        shared = null;
        if (peerPublicValue.Length != _public.Length || _key == 0) return false;
        nint peer = LibCrypto.KeyNew(), context = 0;
        try
        {
            fixed (byte* encoded = peerPublicValue)
            {
                if (peer == 0 || LibCrypto.KeyCopyParameters(peer, _key) <= 0 || LibCrypto.KeySetPublic(peer, encoded, (nuint)peerPublicValue.Length) <= 0) return false;
            }
            context = LibCrypto.KeyContextByKey(0, _key, null);
            if (context == 0 || LibCrypto.DeriveInit(context) <= 0) return false;
            // RFC 7296 2.14: g^ir has the length of the modulus, with leading zeros.
            if (Group != DhGroup.Curve25519 && LibCrypto.DeriveSetPadding(context, 1) <= 0) return false;
            // Checks the public value: its range and its subgroup (RFC 6989 2.1); X25519 refuses an all-zero secret (RFC 8031 5).
            if (LibCrypto.DeriveSetPeer(context, peer) <= 0) return false;
            var secret = new SecretBytes(_public.Length);
            nuint length = (nuint)secret.Length;
            fixed (byte* to = secret.Span)
            {
                if (LibCrypto.Derive(context, to, &length) <= 0 || length != (nuint)secret.Length || !secret.Span.ContainsAnyExcept((byte)0))
                {
                    secret.Dispose();
                    return false;
                }
            }
            shared = secret;
            return true;
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

    private void Free()
    {
        LibCrypto.KeyFree(_key);
        _key = 0;
    }

    private static string GroupName(DhGroup group) => group switch { DhGroup.Modp2048 => "modp_2048", DhGroup.Modp3072 => "modp_3072", _ => "modp_4096" };
}
