using Dmvpn.Ike;

namespace Dmvpn.Management.Config;

/// <summary>The rows of <c>crypto ikev2 keyring</c> and its <c>peer</c> blocks.</summary>
internal static class Ikev2KeyringRows
{
    private const string Identity = "identity {address {addr=A.B.C.D | addr=X:X::X} | fqdn [domain] name=WORD(1-255) | email [domain] name=WORD(1-255) | key-id name=WORD(1-255)}";
    private const string PresharedKey = "pre-shared-key [local | remote] [0] key=SECRET(1-128)";
    private const string HexadecimalKey = "pre-shared-key [local | remote] hex digits=SECRET(2-256)";
    private const string PeerName = "peer name=WORD(1-127)";

    private static readonly CryptoBlock<Ikev2Keyring> Keyring = new(
        ConfigMode.Ikev2Keyring, c => c.Keyrings, (c, all) => c with { Keyrings = all }, k => k.Name, name => new() { Name = name })
    {
        Finish = (builder, keyring) => keyring with { Peers = [.. builder.Peers(keyring.Name).Items] },
    };

    public static IEnumerable<ConfigRow> All()
    {
        yield return Keyring.Opening("crypto ikev2 keyring", "Pre-shared keys", Write);
        foreach (string mode in (string[])[ConfigMode.Ikev2Keyring, ConfigMode.Ikev2KeyringPeer])
        {
            yield return new(mode, PeerName, "A peer, or a kind of peers, and its key")
            {
                Apply = Enter,
                No = RemovePeer,
                NoPattern = PeerName,
                IsHidden = mode == ConfigMode.Ikev2KeyringPeer,
            };
        }
        yield return Peer("address {addr=A.B.C.D [mask=MASK] | addr=X:X::X/nn | addr=X:X::X}", "By the peer's address; 0.0.0.0 0.0.0.0 is any", "",
            (p, l) => p with { Address = Addresses(l) }, (p, _) => p with { Address = null });
        yield return Peer(Identity, "By the peer's identity", "", (p, l) => p with { Identity = IdentityOf(l) }, (p, _) => p with { Identity = null });
        yield return Peer(PresharedKey, "The key: 'local' is what this router proves itself with, 'remote' what the peer must", "both are the same",
            SetKey, WithoutKey);
        yield return Peer(HexadecimalKey, "The same as octets in hexadecimal, with or without 0x", "", SetKey, WithoutKey);
        yield return ConfigRow.Refused(ConfigMode.Ikev2KeyringPeer, "pre-shared-key [local | remote] 6 key=SECRET(1-255)", EncryptedKey, EncryptedKeyRemedy) with
        {
            // Known to be there: the checks of the whole file have nothing to add.
            Apply = (b, l) =>
            {
                l.Refuse("", EncryptedKey, EncryptedKeyRemedy);
                ChangePeer(b, l, p => WithKey(p, l, new PreSharedKey("")));
            },
        };
        yield return ConfigRow.Refused(ConfigMode.Ikev2KeyringPeer, "ppk LINE", "post-quantum pre-shared keys are not supported: a peer that insists on one cannot be reached", "Remove the line, here and on the peer");
        yield return ConfigRow.Harmless(ConfigMode.Ikev2Keyring, "description LINE");
        yield return ConfigRow.Harmless(ConfigMode.Ikev2KeyringPeer, "description LINE");
        yield return ConfigRow.Harmless(ConfigMode.Ikev2KeyringPeer, "hostname LINE");
        foreach (ConfigRow row in Keyring.Leaving()) yield return row;
        yield return new(ConfigMode.Ikev2KeyringPeer, "exit", "Leave this block") { Apply = (b, _) => b.Mode = ConfigMode.Ikev2Keyring };
        yield return new(ConfigMode.Ikev2KeyringPeer, "end", "The configuration ends here") { Apply = (b, _) => b.Mode = ConfigMode.Global };
    }

    internal const string EncryptedKey = "a key that another router encrypted (type 6) cannot be read here";
    internal const string EncryptedKeyRemedy = "Write the key itself, as it was before 'password encryption aes': where nobody has it any more, make a new one, here and on the peers";

    /// <summary>The same with stars for keys; one more where two keys differ, which are printed on two lines then as they are.</summary>
    public static Ikev2Keyring Masked(Ikev2Keyring keyring) => keyring with
    {
        Peers = [.. keyring.Peers.Select(p => p with { LocalKey = Star(p.LocalKey), RemoteKey = p.RemoteKey is null || p.RemoteKey == p.LocalKey ? Star(p.RemoteKey) : p.RemoteKey with { Text = NhrpRows.MaskedSecret + "*" } })],
    };

    internal static IdentityMatch IdentityOf(ConfigLine line)
    {
        string name = line.Text("name") ?? "";
        bool domain = line.Has("domain");
        if (line.Has("fqdn")) return new(domain ? IdentityMatchKind.FqdnDomain : IdentityMatchKind.Fqdn, name);
        if (line.Has("email")) return new(domain ? IdentityMatchKind.EmailDomain : IdentityMatchKind.Email, name);
        if (line.Has("key-id")) return new(IdentityMatchKind.KeyId, name);
        if (line.Has("dn")) return new(IdentityMatchKind.Dn, line.Text("dn")!);
        return line.Has("any") ? new(IdentityMatchKind.Any, "") : new(IdentityMatchKind.Address, "", Addresses(line));
    }

    /// <summary>As on IOS, 0.0.0.0 without a mask is every address.</summary>
    private static Core.IpPrefix Addresses(ConfigLine line)
    {
        Core.IpPrefix prefix = line.Prefix("addr", "mask");
        return prefix.IsHost && prefix.Address.IsUnspecified && !line.HasValue("mask") ? new(prefix.Address, 0) : prefix;
    }

    private static ConfigRow Peer(string pattern, string summary, string defaultText, Func<Ikev2KeyringPeer, ConfigLine, Ikev2KeyringPeer> set,
        Func<Ikev2KeyringPeer, ConfigLine, Ikev2KeyringPeer> no) => new(ConfigMode.Ikev2KeyringPeer, pattern, summary)
        {
            DefaultText = defaultText,
            Apply = (b, l) => ChangePeer(b, l, p => set(p, l)),
            No = (b, l) => ChangePeer(b, l, p => no(p, l)),
        };

    private static void Enter(ConfigBuilder builder, ConfigLine line)
    {
        string name = line.Text("name")!;
        Keyring.Remember(builder, line);
        KeyedList<string, Ikev2KeyringPeer> peers = builder.Crypto.Peers(builder.CurrentBlock);
        if (peers.Find(name) is null) peers.Set(name, new() { Name = name });
        builder.CurrentPeer = name;
        builder.Mode = ConfigMode.Ikev2KeyringPeer;
        builder.Crypto.Remember(ConfigMode.Ikev2KeyringPeer, $"{builder.CurrentBlock}/{name}", "", line.Source);
    }

    private static void RemovePeer(ConfigBuilder builder, ConfigLine line)
    {
        builder.Crypto.Peers(builder.CurrentBlock).Remove(line.Text("name")!);
        builder.Mode = ConfigMode.Ikev2Keyring;
    }

    private static void ChangePeer(ConfigBuilder builder, ConfigLine line, Func<Ikev2KeyringPeer, Ikev2KeyringPeer> change)
    {
        builder.Crypto.Remember(ConfigMode.Ikev2KeyringPeer, $"{builder.CurrentBlock}/{builder.CurrentPeer}", line.Arguments.Canonical, line.Source);
        KeyedList<string, Ikev2KeyringPeer> peers = builder.Crypto.Peers(builder.CurrentBlock);
        if (peers.Find(builder.CurrentPeer) is { } peer) peers.Set(builder.CurrentPeer, change(peer));
    }

    private static Ikev2KeyringPeer SetKey(Ikev2KeyringPeer peer, ConfigLine line)
    {
        return KeyOf(line) is { } key ? WithKey(peer, line, key) : peer;
    }

    private static Ikev2KeyringPeer WithKey(Ikev2KeyringPeer peer, ConfigLine line, PreSharedKey key) =>
        peer with { LocalKey = line.Has("remote") ? peer.LocalKey : key, RemoteKey = line.Has("local") ? peer.RemoteKey : key };

    private static Ikev2KeyringPeer WithoutKey(Ikev2KeyringPeer peer, ConfigLine line) =>
        peer with { LocalKey = line.Has("remote") ? peer.LocalKey : null, RemoteKey = line.Has("local") ? peer.RemoteKey : null };

    private static IEnumerable<string> Write(Ikev2Keyring keyring)
    {
        foreach (Ikev2KeyringPeer peer in keyring.Peers)
        {
            yield return $"peer {peer.Name}";
            if (peer.Address is { } address)
                yield return address.IsIPv4 ? $" address {address.Address} {ConfigText.Mask(address.Length)}" : $" address {address}";
            if (peer.Identity is { } identity) yield return $" identity {CryptoText.Of(identity, withMask: false)}";
            if (peer.LocalKey == peer.RemoteKey)
            {
                if (peer.LocalKey is { } key) yield return $" pre-shared-key {Text(key)}";
                continue;
            }
            if (peer.LocalKey is { } local) yield return $" pre-shared-key local {Text(local)}";
            if (peer.RemoteKey is { } remote) yield return $" pre-shared-key remote {Text(remote)}";
        }
    }

    /// <summary>A key as written; null, and refused, when it is masked.</summary>
    internal static PreSharedKey? KeyOf(ConfigLine line)
    {
        string name = line.HasValue("digits") ? "digits" : "key", key = line.Text(name)!;
        if (key.Trim('*').Length == 0)
        {
            line.Refuse(name, "the key is masked: these stars are what 'show running-config' prints", "Write the key itself");
            return null;
        }
        if (name == "key") return key;
        PreSharedKey? octets = PreSharedKey.FromHexadecimal(key);
        if (octets is null) line.Refuse(name, "this is not hexadecimal: an even number of digits 0-9 and a-f, with or without 0x in front", "Correct it, or write the key as text without 'hex'");
        return octets;
    }

    /// <summary>A key behind its command.</summary>
    internal static string Text(PreSharedKey key) => key.IsHexadecimal ? $"hex {key.Text}" : key.Text;

    internal static PreSharedKey? Star(PreSharedKey? secret) => secret is null ? null : secret with { Text = NhrpRows.MaskedSecret };
}
