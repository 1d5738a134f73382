using Dmvpn.Management.Grammar;
using Dmvpn.Nhrp;

namespace Dmvpn.Management.Config;

/// <summary>
/// One row of the configuration's grammar: how a command is written, what it sets, what <c>no</c> and <c>default</c> do, what
/// is the default, and how <c>show running-config</c> prints it. The order of the rows is the order of the printout.
/// </summary>
internal sealed record ConfigRow(string Mode, string Pattern, string Summary)
{
    /// <summary>The default in words, for the reference; empty when there is none.</summary>
    public string DefaultText { get; init; } = "";

    /// <summary>What the command does.</summary>
    public required Action<ConfigBuilder, ConfigLine> Apply { get; init; }

    /// <summary>What <c>no</c> does; null when there is no such form.</summary>
    public Action<ConfigBuilder, ConfigLine>? No { get; init; }

    /// <summary>What <c>default</c> does, where it is not the same as <c>no</c>.</summary>
    public Action<ConfigBuilder, ConfigLine>? Default { get; init; }

    /// <summary>What may follow <c>no</c>, where it is not the usual short form.</summary>
    public string? NoPattern { get; init; }

    /// <summary>Prints a router's part (rows of global modes).</summary>
    public Func<RouterConfig, IEnumerable<string>>? WriteRouter { get; init; }

    /// <summary>Prints a tunnel's part.</summary>
    public Func<TunnelConfig, IEnumerable<string>>? WriteTunnel { get; init; }

    /// <summary>True for rows that only pass something over, warn or refuse: not in <c>?</c> nor in the reference.</summary>
    public bool IsHidden { get; init; }

    /// <summary>True for a command that IOS does not have: see <see cref="CommandRow{T}.GivesWay"/>.</summary>
    public bool IsOurOwn { get; init; }

    /// <summary>True for the commands that are refused or without effect, and only explain themselves.</summary>
    public bool IsForeign { get; init; }

    /// <summary>True for the line that opens the block of a routing protocol.</summary>
    public bool OpensRouting { get; } = Mode == ConfigMode.Global && (Pattern.StartsWith("router ", StringComparison.Ordinal) || Pattern.StartsWith("ipv6 router ", StringComparison.Ordinal));

    /// <summary>True for foreign rows whose lines below are passed over too.</summary>
    public bool OpensBlock { get; init; }

    /// <summary>What the lines of that block begin with.</summary>
    public BlockContent? Content { get; init; }

    /// <summary>The row as the grammar engine takes it.</summary>
    public CommandRow<ConfigRow> ToCommandRow() => new(Mode, Pattern, this)
    {
        NoPattern = No is null ? null : NoPattern ?? CommandGrammar<ConfigRow>.Negation(Pattern),
        IsHidden = IsHidden,
        GivesWay = IsOurOwn,
    };

    /// <summary>A row that changes the current tunnel.</summary>
    public static ConfigRow ForTunnel(string pattern, string summary, string defaultText, Func<TunnelConfig, ConfigLine, TunnelConfig> set,
        Func<TunnelConfig, ConfigLine, TunnelConfig> no, Func<TunnelConfig, IEnumerable<string>> write, string? noPattern = null) =>
        new(ConfigMode.Tunnel, pattern, summary)
        {
            DefaultText = defaultText,
            Apply = (builder, line) => builder.ChangeTunnel(tunnel => set(tunnel, line), line),
            No = (builder, line) => builder.ChangeTunnel(tunnel => no(tunnel, line), line),
            NoPattern = noPattern,
            WriteTunnel = write,
        };

    /// <summary>
    /// A row of <c>ip nhrp</c> or <c>ipv6 nhrp</c>: in the pattern PROTO stands for an address of that family, PROTONET for a
    /// prefix of it and NBMA for an address of either.
    /// </summary>
    public static ConfigRow ForNhrp(bool isIPv6, string pattern, string summary, string defaultText, Func<NhrpConfig, ConfigLine, NhrpConfig> set,
        Func<NhrpConfig, ConfigLine, NhrpConfig> no, Func<NhrpConfig, IEnumerable<string>> write, string? noPattern = null,
        Func<NhrpConfig, ConfigLine, NhrpConfig>? byDefault = null)
    {
        string head = isIPv6 ? "ipv6 nhrp " : "ip nhrp ";
        return ForTunnel(Expand(pattern), summary, defaultText, Lift(set), Lift(no), tunnel => write(isIPv6 ? tunnel.Ipv6Nhrp : tunnel.IpNhrp).Select(text =>
                text.StartsWith("no ", StringComparison.Ordinal) ? "no " + head + text[3..] : head + text),
            noPattern is null ? null : Expand(noPattern)) with
        {
            Default = byDefault is null ? null : (builder, line) => builder.ChangeTunnel(tunnel => Lift(byDefault)(tunnel, line), line),
        };

        Func<TunnelConfig, ConfigLine, TunnelConfig> Lift(Func<NhrpConfig, ConfigLine, NhrpConfig> change) => isIPv6
            ? (tunnel, line) => tunnel with { Ipv6Nhrp = change(tunnel.Ipv6Nhrp, line) }
            : (tunnel, line) => tunnel with { IpNhrp = change(tunnel.IpNhrp, line) };

        string Expand(string text) => head + text
            .Replace("PROTONET", isIPv6 ? "{proto=X:X::X/nn | proto=X:X::X}" : "{proto=A.B.C.D/nn | proto=A.B.C.D mask=MASK}")
            .Replace("PROTOMASK", isIPv6 ? "{proto=X:X::X/nn | proto=X:X::X}" : "proto=A.B.C.D [mask=MASK]")
            .Replace("PROTO", isIPv6 ? "proto=X:X::X" : "proto=A.B.C.D")
            .Replace("NBMA", "{nbma=A.B.C.D | nbma=X:X::X}");
    }

    /// <summary>A line that is nobody's business here: passed over, and that is all.</summary>
    public static ConfigRow Harmless(string mode, string pattern, bool opensBlock = false) =>
        Foreign(mode, pattern, opensBlock, (_, _) => { }, text => PassedOverGroup.Of(mode, text));

    /// <summary>A line that is understood, has no effect, and whose author should know: one warning for all with one reason.</summary>
    public static ConfigRow Ineffective(string mode, string pattern, string reason, string remedy = "", bool opensBlock = false) =>
        Foreign(mode, pattern, opensBlock, (_, _) => { }, _ => new(PassedOverGroup.NameOf(pattern), reason, remedy, IsMissed: true));

    /// <summary>The same for a setting that may be on by default: its <c>no</c> form is a setting too, without a warning.</summary>
    public static ConfigRow IneffectiveEitherWay(string mode, string pattern, string reason, string remedy) =>
        Ineffective(mode, pattern, reason, remedy) with
        {
            No = (builder, line) => builder.PassOver(line.Source, new PassedOverGroup(PassedOverGroup.NameOf(pattern), reason, remedy, IsMissed: false)),
        };

    /// <summary>A line that changes what is protected or forwarded: the file is refused rather than run without it.</summary>
    public static ConfigRow Refused(string mode, string pattern, string reason, string remedy, bool opensBlock = false) =>
        Foreign(mode, pattern, opensBlock, (_, line) => line.Refuse("", reason, remedy), group: null);

    private static ConfigRow Foreign(string mode, string pattern, bool opensBlock, Action<ConfigBuilder, ConfigLine> say, Func<string, PassedOverGroup>? group) => new(mode, pattern, "")
    {
        Apply = (builder, line) =>
        {
            PassedOverGroup? passedOver = group?.Invoke(line.Source.Command.Trim());
            if (passedOver is not null) builder.PassOver(line.Source, passedOver);
            say(builder, line);
            if (!opensBlock) return;
            builder.Mode = ConfigMode.PassedOver;
            builder.PassedOverBlock = passedOver ?? PassedOverGroup.Other;
        },
        No = (builder, line) => builder.PassOver(line.Source, PassedOverLine.NoConcern),
        NoPattern = pattern.EndsWith(" LINE", StringComparison.Ordinal) ? pattern[..^5] + " [LINE]" : pattern,
        IsHidden = true,
        IsForeign = true,
        OpensBlock = opensBlock,
        Content = opensBlock ? BlockContent.Of(pattern) : null,
    };
}
