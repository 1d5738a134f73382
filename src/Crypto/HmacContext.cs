using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// An HMAC under one key, for as many computations as wanted: libcrypto's one-shot functions, and the base class library's, look the hash up each time, which takes eight times as long as a short HMAC. On one
/// thread; freed, and the key zeroed, by <see cref="Dispose"/>.
/// </summary>
internal unsafe ref struct HmacContext : IDisposable
{
    private readonly int _length;
    private nint _context;

    public HmacContext(PrfId prf, ReadOnlySpan<byte> key)
    {
        _length = Prf.Length(prf);
        _context = New(prf, key);
    }

    /// <summary>A context with this key; the caller frees it.</summary>
    public static nint New(PrfId prf, ReadOnlySpan<byte> key)
    {
        nint hash = CryptoLibrary.Hash(prf);
        nint context = LibCrypto.HmacContextNew();
        if (context == 0) throw new OutOfMemoryException();
        // No octets are a key as well, no address is none.
        byte empty;
        int result;
        fixed (byte* octets = key) result = LibCrypto.HmacInit(context, key.IsEmpty ? &empty : octets, key.Length, hash, 0);
        if (result > 0) return context;
        LibCrypto.HmacContextFree(context);
        CryptoLibrary.Check(result, "take a key");
        return 0;
    }

    /// <summary>Forgets what was appended.</summary>
    public readonly void Restart() => CryptoLibrary.Check(LibCrypto.HmacInitShort(_context, null, 0, 0, 0), "start an HMAC");

    /// <summary>More of the data.</summary>
    public readonly void Append(ReadOnlySpan<byte> data)
    {
        fixed (byte* octets = data) CryptoLibrary.Check(data.IsEmpty ? 1 : LibCrypto.HmacUpdate(_context, octets, (nuint)data.Length), "compute an HMAC");
    }

    /// <summary>The HMAC of all that was appended since the start.</summary>
    public readonly void Finish(Span<byte> to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(to.Length, _length, nameof(to));
        uint written;
        fixed (byte* octets = to) CryptoLibrary.Check(LibCrypto.HmacFinal(_context, octets, &written), "compute an HMAC");
    }

    /// <summary>Frees the context, which zeroes the key.</summary>
    public void Dispose()
    {
        LibCrypto.HmacContextFree(_context);
        _context = 0;
    }
}
