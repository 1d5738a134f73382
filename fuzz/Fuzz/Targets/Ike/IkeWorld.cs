using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ike;
using Dmvpn.Wire.Ike;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Fuzz.Targets.Ike;

/// <summary>A hub, an honest spoke and a member, on a network where packets wait until somebody lets them through, in virtual time.</summary>
internal sealed class IkeWorld : IIkeKeyLog
{
    public const string SpokeKey = "zq4hV0sC9mBn2xLw7tRk", MemberKey = "Jd81pYf3GvQe6uTo0aWi";

    public static readonly IpAddress HubAddress = IpAddress.Parse("192.0.2.9"), SpokeAddress = IpAddress.Parse("192.0.2.1"), MemberAddress = IpAddress.Parse("192.0.2.66");

    private const int Remembered = 64;

    private readonly Dictionary<(ulong, ulong), (IkeCipher FromInitiator, IkeCipher FromResponder)> _ciphers = [];

    public IkeWorld()
    {
        Clock = new WallClock(this);
        Hub = new IkeActor(this, 1, HubAddress, HubConfig(), null);
        Spoke = new IkeActor(this, 2, SpokeAddress, CallerConfig("s", SpokeKey), null);
        // The liar takes the name of the honest spoke where the input says so.
        Member = new IkeActor(this, 3, MemberAddress, CallerConfig("m", MemberKey), this);
    }

    public Instant Now { get; private set; } = Instant.FromSeconds(1000);

    public WallClock Clock { get; }

    public LogWatch Log { get; } = new();

    public IkeActor Hub { get; }

    public IkeActor Spoke { get; }

    public IkeActor Member { get; }

    public IkeActor[] All => [Hub, Spoke, Member];

    /// <summary>Packets on their way: the sender's path, and the message.</summary>
    public List<(IkePath Path, byte[] Bytes)> Waiting { get; } = [];

    /// <summary>Packets that arrived, which anybody may have seen.</summary>
    public List<(IkePath Path, byte[] Bytes)> Seen { get; } = [];

    public static IkeConfig CallerConfig(string name, string key) => new()
    {
        Proposals = [new Ikev2Proposal { Name = "Q", Encryption = [new(EncryptionId.AesGcm16, 128)], Prf = [PrfId.HmacSha256], Groups = [DhGroup.Curve25519] }],
        Policies = [new Ikev2Policy { Name = "POL", Proposals = ["Q"] }],
        Keyrings = [new Ikev2Keyring { Name = "K", Peers = [new Ikev2KeyringPeer { Name = "HUB", Address = IpPrefix.Parse("0.0.0.0/0"), LocalKey = key, RemoteKey = key }] }],
        Profiles =
        [
            new Ikev2Profile
            {
                Name = "PR",
                MatchRemote = [new IdentityMatch(IdentityMatchKind.FqdnDomain, "example.org")],
                LocalIdentity = IkeIdentity.Fqdn($"{name}.example.org"),
                LocalAuthentication = IkeAuthentication.PreShared,
                RemoteAuthentication = [IkeAuthentication.PreShared],
                Keyring = "K",
                Dpd = new DpdConfig(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(3), Periodic: true),
            },
        ],
        TransformSets = [new TransformSet { Name = "T", Encryption = new(EncryptionId.AesGcm16, 128), TunnelMode = false }],
        IpsecProfiles = [new IpsecProfile { Name = "P", TransformSets = ["T"], Ikev2Profile = "PR" }],
        CookieChallenge = 4,
        MaxInNegotiation = 30,
    };

    private static IkeConfig HubConfig()
    {
        IkeConfig config = CallerConfig("h", SpokeKey);
        // Each has a key of its own, wherever it is: only the key tells who is who.
        static Ikev2KeyringPeer Entry(string name, string key, string prefix) => new() { Name = name, Address = IpPrefix.Parse(prefix), LocalKey = key, RemoteKey = key };
        return config with { Keyrings = [new Ikev2Keyring { Name = "K", Peers = [Entry("S", SpokeKey, "192.0.2.0/26"), Entry("M", MemberKey, "192.0.2.64/26")] }] };
    }

    public void Send(in IkePath path, byte[] bytes) => Waiting.Add((path, bytes));

    /// <summary>Lets one packet through, perhaps changed, or from elsewhere.</summary>
    public void Deliver(int at, bool keep = false, byte[]? changed = null, IkeEndpoint? from = null)
    {
        (IkePath path, byte[] bytes) = Waiting[at];
        if (!keep) Waiting.RemoveAt(at);
        if (changed is null && from is null)
        {
            if (Seen.Count >= Remembered) Seen.RemoveAt(0);
            Seen.Add((path, bytes));
        }
        Inject(path.Remote, from ?? path.Local, changed ?? bytes);
    }

    /// <summary>Puts a message in front of whoever has the address.</summary>
    public void Inject(IkeEndpoint to, IkeEndpoint from, byte[] bytes)
    {
        foreach (IkeActor actor in All)
        {
            if (actor.Address == to.Address) actor.Receive(new IkePath(null, to, from), bytes);
        }
    }

    /// <summary>Time passes, and everything that is on its way arrives at once.</summary>
    public void Run(TimeSpan time, bool memberIsSilent = false)
    {
        Instant end = Now + time;
        for (int steps = 0; ; steps++)
        {
            Check.That(steps < 200_000, "the network does not come to rest");
            if (Waiting.Count > 0)
            {
                if (memberIsSilent && (Waiting[0].Path.Local.Address == MemberAddress || Waiting[0].Path.Remote.Address == MemberAddress)) Waiting.RemoveAt(0);
                else Deliver(0);
                continue;
            }
            if (Array.Find(All, static actor => actor.Jobs.Count > 0) is { } working)
            {
                working.RunJob();
                continue;
            }
            Instant next = Instant.Never;
            foreach (IkeActor actor in All) next = Instant.Min(next, actor.Engine.NextDeadline);
            if (next > end) break;
            if (next > Now) Now = next;
            foreach (IkeActor actor in All)
            {
                if (actor.Engine.NextDeadline <= Now) actor.OnDeadline();
            }
        }
        Now = end;
    }

    /// <summary>Time passes alone.</summary>
    public void Pass(TimeSpan time)
    {
        Now += time;
        foreach (IkeActor actor in All)
        {
            if (actor.Engine.NextDeadline <= Now) actor.OnDeadline();
        }
    }

    /// <summary>A message that the member seals by one of its own SAs, whatever is in it; null when it has none.</summary>
    public byte[]? Seal(IkeHeader header, IkePayloadType first, ReadOnlySpan<byte> content)
    {
        if (!_ciphers.TryGetValue((header.InitiatorSpi, header.ResponderSpi), out var ciphers)) return null;
        return IkeFragmenter.Protect(header, first, content, header.FromInitiator ? ciphers.FromInitiator : ciphers.FromResponder, int.MaxValue)[0];
    }

    public void OnIkeSa(
        ulong initiatorSpi, ulong responderSpi, IkeSuite suite, ReadOnlySpan<byte> encryptionInitiator, ReadOnlySpan<byte> encryptionResponder,
        ReadOnlySpan<byte> integrityInitiator, ReadOnlySpan<byte> integrityResponder) =>
        _ciphers[(initiatorSpi, responderSpi)] = (
            IkeCipher.Create(suite.Encryption, suite.KeyBits, suite.Integrity, encryptionInitiator, integrityInitiator),
            IkeCipher.Create(suite.Encryption, suite.KeyBits, suite.Integrity, encryptionResponder, integrityResponder));

    public void OnChildSa(ChildSaInstall child)
    {
    }

    public sealed class WallClock(IkeWorld world) : IWallClock
    {
        public TimeSpan Offset { get; set; }

        public DateTimeOffset Now => new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero) + world.Now.Since(Instant.Zero) + Offset;
    }

    /// <summary>No line has a key in it, or more than one line.</summary>
    public sealed class LogWatch : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            Check.That(exception is null, $"{exception}");
            string line = formatter(state, exception);
            Check.That(!line.Contains(SpokeKey, StringComparison.Ordinal) && !line.Contains(MemberKey, StringComparison.Ordinal), "a key is in the log");
            Check.That(!line.Any(char.IsControl), "a line of the log is forged");
        }
    }
}
