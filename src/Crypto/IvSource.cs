using System.Security.Cryptography;

namespace Dmvpn.Crypto;

/// <summary>
/// IVs for AES-CBC that nobody can foretell (RFC 3602 3): random numbers, fetched for many packets at once. One for each thread, whatever the number of its SAs.
/// </summary>
internal sealed class IvSource
{
    public const int IvLength = 16;

    // 64 IVs a call: the generator's fixed price is then 1/64 of it for each packet.
    private const int BatchLength = 64 * IvLength;

    [ThreadStatic]
    private static IvSource? _ofThread;

    private readonly byte[] _batch = new byte[BatchLength];
    private int _used = BatchLength;

    /// <summary>Writes an IV.</summary>
    public static void Next(Span<byte> to) => (_ofThread ??= new IvSource()).Take(to);

    private void Take(Span<byte> to)
    {
        if (_used == BatchLength)
        {
            RandomNumberGenerator.Fill(_batch);
            _used = 0;
        }
        _batch.AsSpan(_used, IvLength).CopyTo(to);
        _used += IvLength;
    }
}
