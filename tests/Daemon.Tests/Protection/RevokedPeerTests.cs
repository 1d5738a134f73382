using System.Text;
using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Tests.Screens;
using Dmvpn.Ike;
using Dmvpn.Pki;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>From a list on a web server to the data path: what a revoked peer had is gone, and does not come back.</summary>
public sealed class RevokedPeerTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    [Fact]
    public void FetchedList_NamesAPeerThatIsUp_ItsSasLeaveTheDataPath_TheOthersStay()
    {
        using CertificateAuthority ca = CertificateAuthority.Create("Net", KeyKind.EcdsaP256, Now, 3650, out _);
        IssuedCertificate[] issued = [.. ((string[])["hub", "a", "b"]).Select(name => ca.Issue(name, $"{name}.example.org", [], KeyKind.EcdsaP256, Now, 365))];
        using Trustpoint hubs = Load(ca, issued[0], checks: true), a = Load(ca, issued[1]), b = Load(ca, issued[2]);
        using ProtectedRouter hub = Router("hub", "192.0.2.9", 1, hubs), one = Router("a", "192.0.2.1", 2, a), other = Router("b", "192.0.2.2", 3, b);
        var posted = new Queue<Action<Instant>>();
        using var arrived = new SemaphoreSlim(0);
        string list = ca.RevocationList([], 1, Now, 30);
        using var refresh = new RevocationRefresh(
            work =>
            {
                posted.Enqueue(work);
                arrived.Release();
            },
            SystemWallClock.Instance, SystemRandom.Instance, (_, _) => Task.FromResult((Encoding.ASCII.GetBytes(list), "")))
        {
            Changed = now => hub.Engines.Ike.OnRevocationListsChanged(now, hub.Engines.IkeOut),
        };
        refresh.Use(Config("hub"), new Dictionary<string, Trustpoint> { ["TP"] = hubs }, ProtectedRouter.Now);
        Fetch();
        one.Want(hub);
        other.Want(hub);
        ProtectedRouter.Run(hub, one, other);
        Assert.Equal(2, hub.Protection.Children.Count);

        list = ca.RevocationList([(issued[1].SerialNumber, Now)], 2, Now, 30);
        Fetch();
        ProtectedRouter.Run(hub, one, other);
        Assert.Equal("192.0.2.2", Assert.Single(hub.Protection.Children.All).Child.Peer.Address.ToString());
        one.Want(hub);
        ProtectedRouter.Run(hub, one, other);
        Assert.Equal("192.0.2.2", Assert.Single(hub.Protection.Children.All).Child.Peer.Address.ToString());
        Assert.Equal(0, one.Protection.Children.Count);

        void Fetch()
        {
            refresh.OnDeadline(refresh.NextDeadline);
            Assert.True(arrived.Wait(TimeSpan.FromSeconds(30)));
            posted.Dequeue()(ProtectedRouter.Now);
        }
    }

    private static ProtectedRouter Router(string name, string address, int seed, Trustpoint trustpoint) =>
        new(name, address, seed, Config(name), new Dictionary<string, Trustpoint> { ["TP"] = trustpoint });

    private static IkeConfig Config(string name)
    {
        IkeConfig config = ProtectedRouter.Config(name);
        return config with
        {
            Keyrings = [],
            Profiles = [config.Profiles[0] with { Keyring = null, LocalAuthentication = IkeAuthentication.Certificate, RemoteAuthentication = [IkeAuthentication.Certificate], SignTrustpoint = "TP" }],
            Trustpoints = [new TrustpointConfig { Name = "TP", CaFile = "ca.pem", CrlUrl = "http://pki.example.org/crl.pem", Revocation = RevocationCheck.Crl }],
        };
    }

    private static Trustpoint Load(CertificateAuthority ca, IssuedCertificate own, bool checks = false)
    {
        var material = new TrustpointMaterial
        {
            Name = "TP",
            Authorities = Encoding.ASCII.GetBytes(ca.CertificatePem),
            Certificates = Encoding.ASCII.GetBytes(own.CertificatePem),
            Key = Encoding.ASCII.GetBytes(own.KeyPem),
            ChecksRevocation = checks,
            RequiresRevocationList = checks,
        };
        return TrustpointLoader.Load(material, SystemWallClock.Instance, out string failure) ?? throw new InvalidOperationException(failure);
    }
}
