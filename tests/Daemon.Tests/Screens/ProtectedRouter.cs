using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Daemon.Control;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Screens;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Management.Config;
using Dmvpn.Nhrp;
using Dmvpn.Pki;
using Dmvpn.Runtime;
using Dmvpn.Wire.Ike;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Tests.Screens;

/// <summary>The parts of a router that IKE and ESP live in, with a protected Tunnel1 and without kernel, sockets and threads of its own. Packets go from one to the other by Run.</summary>
internal sealed class ProtectedRouter : IDisposable
{
    public static readonly TunnelId Tunnel = new(1);

    private static readonly Instant Start = Instant.FromSeconds(1000);

    private readonly ControlLoop _loop = new(NullLogger.Instance);

    public ProtectedRouter(string name, string address, int seed, IkeConfig? config = null, IReadOnlyDictionary<string, Trustpoint>? trustpoints = null)
    {
        Address = IpAddress.Parse(address);
        var forwarding = new ForwardingTable();
        var children = new ChildSaSet(forwarding, senders: 2, static () => { });
        Engines = new Engines(forwarding, new IkeSecrets(new SecretBytes(32), new SecretBytes(32)), children, SystemWallClock.Instance, new SeededRandom((ulong)seed), NullLoggerFactory.Instance);
        Protection = new ProtectionParts(Engines, children, new UnderlaySet(null!), _loop);
        Kernel = new KernelSync(Engines, NullLogger.Instance);
        Engines.Ike.TryApply(config ?? Config(name), trustpoints ?? new Dictionary<string, Trustpoint>(), Start, Engines.IkeOut);
        var tunnel = new TunnelConfig { Id = Tunnel, Mode = TunnelMode.GreMultipoint, Source = new TunnelSource(null, Address), Protection = new TunnelProtection("IP", Shared: false), IpNhrp = new NhrpConfig() };
        Protection.Sources.Update(new TunnelInterface(tunnel, null!) { Source = Address }, Start);
    }

    public static Instant Now { get; private set; } = Start;

    /// <summary>The messages that it sent, when somebody wants them.</summary>
    public List<(IkePath Path, byte[] Bytes)>? Sent { get; set; }

    public IpAddress Address { get; }

    public Engines Engines { get; }

    public ProtectionParts Protection { get; }

    public KernelSync Kernel { get; }

    public CryptoSessionScreens Screens => new(Engines, Protection, Kernel);

    public ProtectionId Source => Protection.Sources.Of(Tunnel)!.Value;

    public static IkeConfig Config(string name, string key = "secret") => new()
    {
        Keyrings = [new Ikev2Keyring { Name = "K", Peers = [new Ikev2KeyringPeer { Name = "ANY", Address = IpPrefix.Parse("0.0.0.0/0"), LocalKey = key, RemoteKey = key }] }],
        Profiles =
        [
            new Ikev2Profile
            {
                Name = "PR", MatchRemote = [new IdentityMatch(IdentityMatchKind.FqdnDomain, "example.org")], LocalIdentity = IkeIdentity.Fqdn($"{name}.example.org"),
                LocalAuthentication = IkeAuthentication.PreShared, RemoteAuthentication = [IkeAuthentication.PreShared], Keyring = "K", Dpd = new DpdConfig(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), Periodic: false),
            },
        ],
        TransformSets = [new TransformSet { Name = "T", Encryption = new(EncryptionId.AesCbc, 256), Integrity = IntegrityId.HmacSha256, TunnelMode = false }],
        IpsecProfiles = [new IpsecProfile { Name = "IP", TransformSets = ["T"], Ikev2Profile = "PR", Pfs = DhGroup.Ecp256 }],
    };

    public void Want(ProtectedRouter peer) => Engines.Ike.OnPeerWanted(Source, new NbmaPeer(peer.Address), Now, Engines.IkeOut);

    /// <summary>Lets all that is to be done be done, and messages pass, until all are quiet; at most so many messages.</summary>
    public static void Run(params ReadOnlySpan<ProtectedRouter> routers) => Run(int.MaxValue, routers);

    public static void Run(int messages, params ReadOnlySpan<ProtectedRouter> routers)
    {
        bool busy = true;
        while (busy)
        {
            busy = false;
            Now += TimeSpan.FromMilliseconds(1);
            foreach (ProtectedRouter router in routers)
            {
                foreach ((IkePath path, byte[] bytes) in router.CarryOut())
                {
                    if (messages-- <= 0) return;
                    busy = true;
                    router.Sent?.Add((path, bytes));
                    foreach (ProtectedRouter other in routers)
                    {
                        if (other.Address != path.Remote.Address) continue;
                        other.Engines.Ike.HandlePacket(new IkeArrival(new IkePath(null, path.Remote, path.Local)), bytes, Now, other.Engines.IkeOut);
                    }
                }
            }
        }
    }

    public void Dispose()
    {
        Engines.Ike.Stop(Now, Engines.IkeOut);
        CarryOut();
        Protection.Dispose();
        _loop.Dispose();
        Kernel.Dispose();
    }

    private List<(IkePath Path, byte[] Bytes)> CarryOut()
    {
        var messages = new List<(IkePath, byte[])>();
        for (int i = 0; i < Engines.IkeOut.Effects.Length; i++)
        {
            IkeEffect effect = Engines.IkeOut.Effects[i];
            switch (effect.Kind)
            {
                case IkeEffectKind.Transmit:
                    messages.Add((effect.Path, Engines.IkeOut.Bytes(effect.Bytes).ToArray()));
                    break;
                case IkeEffectKind.RunJob:
                    effect.Job!.Run();
                    Engines.Ike.OnJobDone(effect.Job, Now, Engines.IkeOut);
                    break;
                default:
                    Protection.Carrier.Carry(effect, Now);
                    break;
            }
        }
        Engines.IkeOut.Clear();
        Engines.NhrpOut.Clear();
        Engines.Forwarding.Publish();
        return messages;
    }
}
