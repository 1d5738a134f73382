using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Dmvpn.Crypto;

/// <summary>
/// Key material: in memory that the collector neither moves nor copies, zeroed when disposed. One owner, who disposes; everybody else
/// borrows <see cref="Span"/>. It has no text: a key cannot reach a log by mistake.
/// </summary>
public sealed unsafe class SecretBytes : IDisposable
{
    private byte* _bytes;

    /// <summary>Zeros, to be filled through <see cref="Span"/>.</summary>
    public SecretBytes(int length)
    {
        Length = length;
        _bytes = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(length, 1));
    }

    /// <summary>A copy of these bytes.</summary>
    public SecretBytes(ReadOnlySpan<byte> bytes)
        : this(bytes.Length) => bytes.CopyTo(Span);

    /// <summary>Frees what nobody disposed of.</summary>
    ~SecretBytes() => Free();

    /// <summary>Octets.</summary>
    public int Length { get; private set; }

    /// <summary>The octets. Empty after <see cref="Dispose"/>.</summary>
    public Span<byte> Span => new(_bytes, Length);

    /// <summary>Equal contents, compared in constant time.</summary>
    public bool FixedTimeEquals(ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(Span, other);

    /// <summary>Zeroes and frees.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Says that there is something, and not what.</summary>
    public override string ToString() => "(secret)";

    private void Free()
    {
        if (_bytes is null) return;
        CryptographicOperations.ZeroMemory(Span);
        NativeMemory.Free(_bytes);
        _bytes = null;
        Length = 0;
    }
}
