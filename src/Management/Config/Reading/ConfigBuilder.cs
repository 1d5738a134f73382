using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Config;

/// <summary>
/// The configuration while it is being read, with where each part came from, so that checks of the whole file can still
/// point at a line.
/// </summary>
internal sealed class ConfigBuilder
{
    private readonly SortedDictionary<TunnelId, (TunnelConfig Config, List<(string Text, SourceLine Line)> Origins)> _tunnels = [];

    private OnceInABlock _once = new();

    /// <summary>All but tunnels and routes, which are put in at the end.</summary>
    public RouterConfig Router { get; set; } = new();

    /// <summary>The mode that the next line is read in: one of <see cref="ConfigMode"/>.</summary>
    public string Mode { get; set; } = ConfigMode.Global;

    /// <summary>The tunnel of <see cref="ConfigMode.Tunnel"/>.</summary>
    public TunnelId CurrentTunnel { get; set; }

    /// <summary>The interface of <see cref="ConfigMode.LinuxInterface"/>.</summary>
    public string CurrentLinuxInterface { get; set; } = "";

    /// <summary>The stanzas of interfaces that Linux owns, by name; <see cref="Router"/> has them when the file is read.</summary>
    public KeyedList<string, LinuxInterfaceConfig> LinuxInterfaces { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Name of the <c>crypto</c> block that lines are read into.</summary>
    public string CurrentBlock { get; set; } = "";

    /// <summary>Name of the <c>peer</c> block of a keyring that lines are read into.</summary>
    public string CurrentPeer { get; set; } = "";

    /// <summary>The <c>crypto</c> blocks; <see cref="Router"/> has only the settings outside of blocks.</summary>
    public CryptoBuilder Crypto { get; } = new();

    /// <summary>Routes as written; which tunnel they leave by is known only when the whole file is.</summary>
    public List<PendingRoute> Routes { get; } = [];

    /// <summary>Routes in a VRF; whether it is the one that a tunnel's outer packets travel in is known only when the whole file is.</summary>
    public List<(string Vrf, ConfigLine Line)> VrfRoutes { get; } = [];

    /// <summary>Transform sets that are not taken, by name: whether a profile wants them is known at the end.</summary>
    public List<(string Name, ConfigLine Line)> WeakSets { get; } = [];

    /// <summary>Numbers of the lines that set or remove the protection of a tunnel.</summary>
    public HashSet<int> ProtectionLines { get; } = [];

    /// <summary>Tunnels that are refused because of their mode: what they lack besides is part of that.</summary>
    public HashSet<TunnelId> OtherTunnels { get; } = [];

    /// <summary>Tunnels whose address is refused, or written wrongly.</summary>
    public HashSet<TunnelId> WithoutAddress { get; } = [];

    /// <summary>What was wrong in which block: what it lacks besides may be part of that.</summary>
    public BlockMistakes Mistakes { get; } = new();

    /// <summary>Numbers of the lines in blocks that are refused as a whole.</summary>
    public HashSet<int> RefusedLines { get; } = [];

    /// <summary>The lines of the file.</summary>
    public IReadOnlyList<SourceLine> Lines { get; set; } = [];

    /// <summary>All that was found so far.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>Lines without effect here.</summary>
    public PassedOverLines PassedOver { get; } = new();

    /// <summary>The group of the block that is passed over, in <see cref="ConfigMode.PassedOver"/>.</summary>
    public PassedOverGroup PassedOverBlock { get; set; } = PassedOverGroup.Other;

    /// <summary>Routing protocols of the file, whether they are run here or not.</summary>
    public List<UnderstoodRouting> Routing { get; } = [];

    /// <summary>What looks like <c>tunnel protection</c> in the text of a banner, by the profile it names: whether there is one is known at the end.</summary>
    public List<(string Profile, SourceLine Line)> HiddenProtections { get; } = [];

    /// <summary>True when IKEv1 was refused: that there is no IKEv2 then is part of the same mistake.</summary>
    public bool HasIkev1 { get; set; }

    /// <summary>True when lines of a tunnel stand outside of one: that there is no tunnel then is the same mistake.</summary>
    public bool HasStrayTunnelLine { get; set; }

    /// <summary><c>distribute-list … in</c> lines: the lists that they name may stand behind them.</summary>
    public List<PendingFilter> Filters { get; } = [];

    /// <summary>Where <c>router odr</c> is, if anywhere.</summary>
    public SourceLine? OdrLine { get; set; }

    /// <summary>Every tunnel read so far, by number.</summary>
    public IEnumerable<TunnelConfig> Tunnels => _tunnels.Values.Select(t => t.Config);

    /// <summary>Remembers that a line has no effect.</summary>
    public void PassOver(SourceLine line, string reason) => PassedOver.Add(line, reason, PassedOverGroup.Other);

    /// <summary>The same for a line of a group, for the reason of the group.</summary>
    public void PassOver(SourceLine line, PassedOverGroup group) => PassedOver.Add(line, group.Reason, group);

    public TunnelConfig? Tunnel(TunnelId id) => _tunnels.TryGetValue(id, out var tunnel) ? tunnel.Config : null;

    /// <summary>Makes the tunnel, or comes back to it.</summary>
    public void EnterTunnel(TunnelId id, SourceLine line)
    {
        if (!_tunnels.ContainsKey(id)) _tunnels[id] = (new() { Id = id }, [("", line)]);
        CurrentTunnel = id;
        Mode = ConfigMode.Tunnel;
        _once = new();
    }

    public void RemoveTunnel(TunnelId id) => _tunnels.Remove(id);

    /// <summary>Changes the current tunnel and remembers by which line.</summary>
    public void ChangeTunnel(Func<TunnelConfig, TunnelConfig> change, ConfigLine line)
    {
        var (config, origins) = _tunnels[CurrentTunnel];
        string words = line.Arguments.Canonical;
        if (words.StartsWith("tunnel protection", StringComparison.Ordinal)) ProtectionLines.Add(line.Source.Number);
        if (!line.IsNegated) _once.Take(words, line);
        origins.Add((words, line.Source));
        _tunnels[CurrentTunnel] = (change(config), origins);
    }

    public void ChangeLinuxInterface(Func<LinuxInterfaceConfig, LinuxInterfaceConfig> change)
    {
        if (LinuxInterfaces.Find(CurrentLinuxInterface) is { } linux) LinuxInterfaces.Set(CurrentLinuxInterface, change(linux));
    }

    /// <summary>True when a line with its keywords in full is these words, or begins with them.</summary>
    public static bool BeginsWith(string line, string words) =>
        line.StartsWith(words, StringComparison.OrdinalIgnoreCase) && (line.Length == words.Length || line[words.Length] is ' ' or '/');

    /// <summary>The last line of the tunnel that begins with these words in full; its <c>interface</c> line when there is none.</summary>
    public SourceLine LineOf(TunnelId id, string words)
    {
        var origins = _tunnels[id].Origins;
        for (int i = origins.Count - 1; i > 0; i--)
        {
            string text = origins[i].Text;
            if (BeginsWith(text, words)) return origins[i].Line;
        }
        return origins[0].Line;
    }
}

/// <summary>The modes of the configuration's grammar.</summary>
public static class ConfigMode
{
    /// <summary>Global configuration.</summary>
    public const string Global = "configure";

    /// <summary>In <c>interface TunnelN</c>.</summary>
    public const string Tunnel = "interface";

    /// <summary>In the stanza of an interface that Linux owns.</summary>
    public const string LinuxInterface = "linux interface";

    /// <summary>In <c>router odr</c>.</summary>
    public const string Odr = "router odr";

    /// <summary>In <c>crypto ikev2 proposal</c>.</summary>
    public const string Ikev2Proposal = "crypto ikev2 proposal";

    /// <summary>In <c>crypto ikev2 policy</c>.</summary>
    public const string Ikev2Policy = "crypto ikev2 policy";

    /// <summary>In <c>crypto ikev2 keyring</c>.</summary>
    public const string Ikev2Keyring = "crypto ikev2 keyring";

    /// <summary>In <c>peer</c> of a keyring.</summary>
    public const string Ikev2KeyringPeer = "crypto ikev2 keyring peer";

    /// <summary>In <c>crypto ikev2 profile</c>.</summary>
    public const string Ikev2Profile = "crypto ikev2 profile";

    /// <summary>In <c>crypto ipsec transform-set</c>.</summary>
    public const string TransformSet = "crypto ipsec transform-set";

    /// <summary>In <c>crypto ipsec profile</c>.</summary>
    public const string IpsecProfile = "crypto ipsec profile";

    /// <summary>In <c>crypto pki trustpoint</c>.</summary>
    public const string Trustpoint = "crypto pki trustpoint";

    /// <summary>In a block that is passed over as a whole.</summary>
    internal const string PassedOver = "";
}

/// <summary><c>ip route</c> as written.</summary>
internal sealed record PendingRoute(IpPrefix Prefix, string? Interface, IpAddress NextHop, ConfigLine Line)
{
    public byte Distance { get; init; } = 1;

    public uint Tag { get; init; }

    public string? Name { get; init; }

    /// <summary><c>track</c>: no route by a tunnel can follow a tracked object.</summary>
    public bool IsTracked { get; init; }
}
