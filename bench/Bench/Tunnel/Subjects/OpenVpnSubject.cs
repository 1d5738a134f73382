using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Tunnel.Subjects;

/// <summary>OpenVPN in user space (its kernel module is not asked), AES-128-GCM.</summary>
internal sealed class OpenVpnSubject() : Subject("openvpn")
{
    public override string Description => "OpenVPN without its kernel module (AES-128-GCM)";

    public override string? Obstacle => Find("openvpn") is null ? "not installed (Debian package openvpn)" : null;

    public override string Target => "10.77.3.1";

    public override Task<string> VersionAsync() => FirstLineAsync(Find("openvpn")!, "--version");

    protected override async Task BeginAsync()
    {
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=bench", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1), to = from.AddDays(3);
        using X509Certificate2 authority = request.CreateSelfSigned(from, to);
        string ca = await Pair.WriteAsync("ca.pem", authority.ExportCertificatePem()).ConfigureAwait(false);
        (NetNamespace Node, string[] Role)[] ends =
        [
            (Pair.Right, ["--tls-server", "--dh", "none", "--local", Pair.RightUnderlay, "--ifconfig", Target, "10.77.3.2"]),
            (Pair.Left, ["--tls-client", "--remote", Pair.RightUnderlay, "--ifconfig", "10.77.3.2", Target]),
        ];
        foreach ((NetNamespace node, string[] role) in ends)
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using X509Certificate2 own = new CertificateRequest("CN=" + node.Name, key, HashAlgorithmName.SHA256).Create(authority, from.AddHours(1), to.AddHours(-1), RandomNumberGenerator.GetBytes(8));
            string certificate = await Pair.WriteAsync(node.Name + ".pem", own.ExportCertificatePem()).ConfigureAwait(false);
            string keyFile = await Pair.WriteAsync(node.Name + ".key", key.ExportPkcs8PrivateKeyPem()).ConfigureAwait(false);
            StartCounted(node, [Find("openvpn")!, "--dev", "ovpn0", "--dev-type", "tun", "--proto", "udp", "--ca", ca, "--cert", certificate, "--key", keyFile,
                "--data-ciphers", "AES-128-GCM", "--tun-mtu", $"{TunnelLimits.InnerMtu}", "--sndbuf", "4194304", "--rcvbuf", "4194304", "--disable-dco", "--verb", "1", .. role]);
        }
    }
}
