using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>The crypto library throws what nobody expects of it: the exchange ends, and nothing else.</summary>
public sealed class FailingWorkTests
{
    [Theory]
    [InlineData("verify", "B")]
    [InlineData("sign", "B")]
    [InlineData("verify", "A")]
    [InlineData("sign", "A")]
    public void WorkThatThrows_EndsTheExchange_AndTheNextOneIsGood(string what, string at)
    {
        var net = new Net { JobTime = TimeSpan.FromMilliseconds(2) };
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a")), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"));
        Node failing = at == "A" ? a : b;
        Trustpoint good = failing.Trustpoints["TP"];
        failing.Trustpoints["TP"] = new Throwing(good, what);
        failing.Configure(failing.Config);
        a.Want(b);
        net.Run(2);
        Assert.Empty(a.Live);
        Assert.Contains(failing.Log.Lines, static line => line.Contains("failed, and its exchange ends", StringComparison.Ordinal));
        Assert.True(failing.Engine.Drops[IkeDrop.WorkFailed] > 0);
        Assert.True(failing.Engine.Statistics.Jobs == 0);
        failing.Trustpoints["TP"] = good;
        failing.Configure(failing.Config);
        net.Run(40);
        Agreement.Check(net, a, b);
    }

    private sealed class Throwing(Trustpoint inner, string what) : Trustpoint
    {
        public override string Name => inner.Name;

        public override ValueList<byte[]> Chain => inner.Chain;

        public override SigningKey? Key { get; } = what == "sign" ? new ThrowingKey(inner.Key!) : inner.Key;

        public override IkeIdentity? Subject => inner.Subject;

        public override ReadOnlySpan<byte> AnchorHashes => inner.AnchorHashes;

        public override IReadOnlyList<CertificateSummary> Certificates => inner.Certificates;

        public override IReadOnlyList<RevocationListSummary> RevocationLists => inner.RevocationLists;

        public override CertificateVerdict Verify(
            IReadOnlyList<byte[]> certificates, IkeIdentity identity, IkeAuthMethod method, ReadOnlySpan<byte> authentication, ReadOnlySpan<byte> octets) =>
            what == "verify" ? throw new InvalidOperationException("verification") : inner.Verify(certificates, identity, method, authentication, octets);

        public override bool IsRevoked(CertificateId certificate) => inner.IsRevoked(certificate);

        public override string? ReplaceRevocationList(ReadOnlyMemory<byte> file) => null;

        public override void Dispose()
        {
        }
    }

    private sealed class ThrowingKey(SigningKey inner) : SigningKey
    {
        public override KeyKind Kind => inner.Kind;

        public override bool TrySign(ReadOnlySpan<byte> octets, ReadOnlySpan<SignatureHash> peerHashes, out IkeAuthMethod method, out byte[] authentication) =>
            throw new NotSupportedException("signature");

        public override void Dispose()
        {
        }
    }
}
