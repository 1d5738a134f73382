using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Ike;
using Dmvpn.Pki;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>Certificates from files, as <c>dmvpn reload</c> takes them into use.</summary>
public sealed class TrustpointStoreTests : IDisposable
{
    private static readonly IkeConfig Config = new()
    {
        Trustpoints = [new TrustpointConfig { Name = "T", CaFile = "ca.pem", CertificateFile = "site.pem", KeyFile = "keys/site.key", CrlFile = "crl.pem", Revocation = RevocationCheck.Crl }],
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("dmvpn-test-").FullName;
    private readonly CertificateAuthority _ca = CertificateAuthority.Create("Net", KeyKind.EcdsaP256, DateTimeOffset.UtcNow, 3650, out _);
    private readonly TrustpointStore _store;

    public TrustpointStoreTests()
    {
        _store = new TrustpointStore { Directory = _directory };
        Directory.CreateDirectory(Path.Combine(_directory, "keys"));
        File.WriteAllText(At("ca.pem"), _ca.CertificatePem);
        File.WriteAllText(At("crl.pem"), _ca.RevocationList([], 1, DateTimeOffset.UtcNow, 30));
    }

    public void Dispose()
    {
        _store.Dispose();
        _ca.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void RenewedFiles_AreInUseAfterAReload_TheFormerOnesForAMinuteMore()
    {
        string first = Renew(), second;
        Assert.Empty(Reload(Instant.FromSeconds(1000)));
        Trustpoint former = Assert.Single(_store.All);
        Assert.Equal(first, former.Certificates[0].SerialNumber);
        second = Renew();
        Assert.StartsWith("crypto pki trustpoint T: other certificates, the own one is valid until 20", Assert.Single(Reload(Instant.FromSeconds(2000))));
        Assert.Equal(second, Assert.Single(_store.All).Certificates[0].SerialNumber);
        Assert.NotEqual(first, second);
        // A job that was started before may still be signing.
        _store.OnDeadline(Instant.FromSeconds(2059));
        Assert.True(former.Key!.TrySign("x"u8, [], out _, out _));
        Assert.Empty(Reload(Instant.FromSeconds(3000)));
        File.WriteAllText(At("crl.pem"), _ca.RevocationList([(first, DateTimeOffset.UtcNow)], 2, DateTimeOffset.UtcNow, 30));
        Assert.Equal(["crypto pki trustpoint T: another revocation list"], Reload(Instant.FromSeconds(4000)));
    }

    [Theory]
    [InlineData("ca.pem", "nonsense", "crypto pki trustpoint T: ca-file holds no certificate that can be read")]
    [InlineData("site.pem", "nonsense", "crypto pki trustpoint T: certificate-file holds no certificate that can be read")]
    [InlineData("keys/site.key", "nonsense", "crypto pki trustpoint T: key-file holds no key that can be read")]
    [InlineData("crl.pem", "nonsense", "crypto pki trustpoint T: crl-file holds no revocation list")]
    [InlineData("ca.pem", "", "crypto pki trustpoint T: ca-file DIR/ca.pem: the file is empty")]
    [InlineData("keys/site.key", null, "crypto pki trustpoint T: key-file: DIR/keys/site.key: No such file or directory")]
    public void FileThatIsNotWhatItShouldBe_RefusesTheReload_AndIsNamed(string file, string? content, string failure)
    {
        Renew();
        Reload(Instant.FromSeconds(1000));
        if (content is null) File.Delete(At(file));
        else File.WriteAllText(At(file), content);
        Assert.False(_store.TryLoad(Config, out _, out string found));
        Assert.StartsWith(failure.Replace("DIR", _directory), found);
        Assert.Equal("T", Assert.Single(_store.All).Name);
    }

    [Theory]
    [InlineData("keys/site.key", "/dev/zero", "is a symbolic link")]
    [InlineData("keys/site.key", "site.pem", "is a symbolic link")]
    [InlineData("site.pem", "/dev/zero", "is no regular file")]
    [InlineData("ca.pem", "keys", "is no regular file")]
    public void LinkInPlaceOfAFile_IsFollowedToAFileWithoutSecretsAlone(string file, string target, string failure)
    {
        Renew();
        File.Delete(At(file));
        File.CreateSymbolicLink(At(file), Path.Combine(_directory, target));
        Assert.False(_store.TryLoad(Config, out _, out string found));
        Assert.Contains(failure, found);
    }

    [Fact]
    public void KeyThatOthersMayWrite_IsRefused_AndOneThatTheyMayRead_IsNot()
    {
        Renew();
        File.SetUnixFileMode(At("keys/site.key"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.True(_store.TryLoad(Config, out IReadOnlyDictionary<string, Trustpoint> loaded, out string failure), failure);
        _store.Discard(loaded);
        File.SetUnixFileMode(At("keys/site.key"), UnixFileMode.UserRead | UnixFileMode.OtherWrite);
        Assert.False(_store.TryLoad(Config, out _, out failure));
        Assert.Contains("may be written by others", failure);
    }

    [Fact]
    public void KeyOfTheFormerCertificate_IsNoticed()
    {
        Renew();
        string key = File.ReadAllText(At("keys/site.key"));
        Renew();
        File.WriteAllText(At("keys/site.key"), key);
        Assert.False(_store.TryLoad(Config, out _, out string failure));
        Assert.Contains("the key is not the one of CN=spoke1", failure);
    }

    private string At(string name) => Path.Combine(_directory, name);

    private string Renew()
    {
        IssuedCertificate issued = _ca.Issue("spoke1", "spoke1.net", [], KeyKind.EcdsaP256, DateTimeOffset.UtcNow, 365);
        File.WriteAllText(At("site.pem"), issued.CertificatePem);
        File.WriteAllText(At("keys/site.key"), issued.KeyPem);
        return issued.SerialNumber;
    }

    private IReadOnlyList<string> Reload(Instant now)
    {
        Assert.True(_store.TryLoad(Config, out IReadOnlyDictionary<string, Trustpoint> loaded, out string failure), failure);
        return _store.Use(Config, loaded, now);
    }
}
