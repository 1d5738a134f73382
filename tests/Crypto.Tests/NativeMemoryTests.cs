using System.Runtime.InteropServices;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests;

/// <summary>What an SA's cipher has of libcrypto's memory: a hub holds 20,000 and more of them. Alone, as the count is the whole process's.</summary>
[CollectionDefinition(nameof(NativeMemoryTests), DisableParallelization = true)]
[Collection(nameof(NativeMemoryTests))]
public sealed unsafe partial class NativeMemoryTests(ITestOutputHelper output)
{
    private const int Ciphers = 10_000;

    [Theory]
    [InlineData(EncryptionId.AesGcm16, 128, IntegrityId.None)]
    [InlineData(EncryptionId.AesGcm16, 256, IntegrityId.None)]
    [InlineData(EncryptionId.NullAesGmac, 128, IntegrityId.None)]
    [InlineData(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None)]
    [InlineData(EncryptionId.AesCbc, 128, IntegrityId.HmacSha1)]
    [InlineData(EncryptionId.AesCbc, 256, IntegrityId.HmacSha256)]
    [InlineData(EncryptionId.AesCbc, 256, IntegrityId.HmacSha512)]
    [InlineData(EncryptionId.Null, 0, IntegrityId.HmacSha256)]
    public void ManyCiphers_Used_HaveLittleMemoryAndGiveItBack(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        var suite = new EspSuite(encryption, bits, integrity, Esn: true);
        byte[] key = new byte[EspCipher.KeyMaterialLength(suite)], packet = new byte[256];
        var ciphers = new EspCipher[Ciphers];
        Fill(1); // the algorithms are fetched
        long before = Used();
        Fill(Ciphers);
        long each = (Used() - before) / Ciphers;
        Assert.InRange(each, 500, 1750);
        for (int i = 0; i < Ciphers; i++) ciphers[i].Dispose();
        // What is not given back is 5 MB at least. The just-in-time compiler takes and frees some, whenever it comes to it.
        Assert.InRange(Used() - before, -3_000_000, 3_000_000);
        output.WriteLine($"{encryption} {integrity}: {each} octets for each cipher");

        void Fill(int count)
        {
            for (int i = 0; i < count; i++)
            {
                ciphers[i]?.Dispose();
                ciphers[i] = EspCipher.CreateSealer(suite, key);
                fixed (byte* p = packet) ciphers[i].Seal(p, 64, 1);
            }
        }
    }

    private static long Used()
    {
        // Secrets that earlier tests left to their finalizers.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        MallocInformation information = Read();
        return (long)(information.Used + information.Mapped);
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallinfo2")]
    private static partial MallocInformation Read();

    /// <summary>struct mallinfo2 of glibc.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MallocInformation
    {
        public nuint Arena, FreeChunks, FastChunks, MappedRegions, Mapped, Unused, FastFree, Used, Free, Releasable;
    }
}
