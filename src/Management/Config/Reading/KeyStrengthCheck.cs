using Dmvpn.Ike;

namespace Dmvpn.Management.Config;

/// <summary>Pre-shared keys that somebody could guess: one warning for a keyring, however many there are.</summary>
internal static class KeyStrengthCheck
{
    private const string Remedy = "Take 32 random characters for each peer ('openssl rand -base64 24' makes them), or certificates ('dmvpn pki')";

    private const string Reason = "who answers in a peer's place can try keys on what he gets, at home (RFC 7296 2.15)";

    private const int Listed = 3;

    public static void Check(IkeConfig crypto, ConfigBuilder builder)
    {
        foreach (Ikev2Keyring keyring in crypto.Keyrings) Check(keyring, builder);
        foreach (Ikev2Profile profile in crypto.Profiles)
        {
            if (WeaknessOf(profile.LocalKey, profile.RemoteKey) is { } why)
                new BlockCheck(builder, ConfigMode.Ikev2Profile, profile.Name).Warn("authentication", $"the pre-shared key is {why}; {Reason}", Remedy);
        }
    }

    private static void Check(Ikev2Keyring keyring, ConfigBuilder builder)
    {
        List<string> weak = [];
        string first = "";
        foreach (Ikev2KeyringPeer peer in keyring.Peers)
        {
            if (WeaknessOf(peer.LocalKey, peer.RemoteKey) is not { } why) continue;
            if (weak.Count == 0) first = why;
            weak.Add(peer.Name);
        }
        if (weak.Count == 0) return;
        string whose = weak.Count == 1 ? $"the pre-shared key of peer {weak[0]} is {first}"
            : $"the pre-shared keys of {weak.Count} peers ({string.Join(", ", weak.Take(Listed))}{(weak.Count > Listed ? ", …" : "")}) are too short or easy to guess";
        new BlockCheck(builder, ConfigMode.Ikev2KeyringPeer, $"{keyring.Name}/{weak[0]}").Warn("pre-shared-key", $"{whose}; {Reason}", Remedy);
    }

    private static string? WeaknessOf(PreSharedKey? local, PreSharedKey? remote)
    {
        foreach (PreSharedKey? key in (ReadOnlySpan<PreSharedKey?>)[local, remote])
        {
            // A key that was refused is empty here, and has its own error.
            if (key is { Text.Length: > 0 } && KeyStrength.WeaknessOf(key) is { } why) return why;
        }
        return null;
    }
}
