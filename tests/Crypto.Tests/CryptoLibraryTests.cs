namespace Dmvpn.Crypto.Tests;

public sealed class CryptoLibraryTests(ITestOutputHelper output)
{
    [Fact]
    public void Library_Here_IsOpenSsl3OrLater()
    {
        CryptoLibrary.Require();
        Assert.Matches(@"^OpenSSL [3-9]\.\d+\.\d+", CryptoLibrary.Version);
        output.WriteLine($"{CryptoLibrary.Version} ({CryptoLibrary.Acceleration})");
    }

    [Theory]
    [InlineData("OPENSSL_ia32cap=0xfffa3203078bffff:0x405fc6f1bf07ab", "AES-NI, VAES")]
    [InlineData("OPENSSL_ia32cap=0xfffa3203078bffff:0x1bf07ab", "AES-NI")]
    [InlineData("OPENSSL_ia32cap=0x7ffaf3bfffebffff:0x415f46f1bf2fbb:0x10 env:0x1", "AES-NI, VAES")]
    [InlineData("OPENSSL_ia32cap=0x7ffaf3bfffebffff", "AES-NI")]
    [InlineData("OPENSSL_ia32cap=0x5ffaf3bfffebffff:0x0", "AES-NI")]
    [InlineData("OPENSSL_ia32cap=0x78bffff:0x405fc6f1bf07ab", "no AES instructions")]
    [InlineData("OPENSSL_ia32cap=rubbish", "no AES instructions")]
    [InlineData("OPENSSL_armcap=0x7d", "")]
    [InlineData("", "")]
    public void ProcessorSettings_OfTheLibrary_AreSaidInWords(string settings, string expected) => Assert.Equal(expected, CryptoLibrary.DescribeProcessor(settings, hasVectorAes: true));

    [Fact]
    public void VectorInstructions_OfTheProcessor_AreNotClaimedForALibraryWithoutCodeForThem()
    {
        const string Settings = "OPENSSL_ia32cap=0x7ffaf3bfffebffff:0x415f46f1bf2fbb";
        Assert.Equal("AES-NI (the processor has VAES, which OpenSSL uses from 3.1 on)", CryptoLibrary.DescribeProcessor(Settings, hasVectorAes: false));
    }

    [Fact]
    public void Refusal_OfTheLibrary_IsAnException() =>
        Assert.Contains("libcrypto refused to do this", Assert.Throws<System.Security.Cryptography.CryptographicException>(() => CryptoLibrary.Check(0, "do this")).Message);
}
