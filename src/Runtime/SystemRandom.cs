using System.Security.Cryptography;
using Dmvpn.Core;

namespace Dmvpn.Runtime;

/// <summary>The operating system's cryptographic random numbers. Has no state of its own; safe from any thread.</summary>
public sealed class SystemRandom : IRandom
{
    private SystemRandom()
    {
    }

    /// <summary>The one instance.</summary>
    public static SystemRandom Instance { get; } = new();

    /// <inheritdoc/>
    public uint NextUInt32()
    {
        uint value = 0;
        RandomNumberGenerator.Fill(System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<uint>(ref value)));
        return value;
    }

    /// <inheritdoc/>
    public void Fill(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);
}
