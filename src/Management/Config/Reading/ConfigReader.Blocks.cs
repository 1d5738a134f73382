using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>What a line means inside a block.</summary>
internal sealed partial class ConfigReader
{
    /// <summary>Lines that many kinds of blocks have: they do not tell which one they belong to.</summary>
    private static readonly string[] CommonWords = ["description", "shutdown", "bandwidth", "delay", "keepalive", "exit", "mode", "address", "no", "ip address", "ip mtu", "ipv6 address", "ipv6 mtu"];

    /// <summary>In a block that the grammar knows: a line is known or an error. False when it is a global command, or belongs to the global mode as a mistake.</summary>
    private bool InKnownBlock(SourceLine line, List<Word> words)
    {
        Stanza stanza = _stanza!;
        bool isIndented = stanza.Indents(line);
        // Beside the opener of a block whose other lines are indented: likely a global command, and surely where nothing else fits.
        bool isBeside = !isIndented && stanza.IsIndented == true;
        stanza.IsIndented ??= isIndented;
        ParseResult<ConfigRow> own = Try(_builder.Mode, line.Command);
        ParseResult<ConfigRow> global = own is { Error: null, Row.Command.IsForeign: false } ? own : Global(line);
        if (own.Error is not null && global.Error?.Depth <= own.Error.Depth) own = Loosely(line) ?? own;
        if (own.Error is null)
        {
            if (global != own && !isIndented && global.Row is { Command: { IsForeign: false } or { OpensBlock: true } }) return false;
            Apply(own, line);
            if (_builder.Mode == ConfigMode.Global) (_stanza, _interrupted) = (null, null);
            return true;
        }
        if (global.Error is null && IsGlobal(global, own.Error, words, isIndented)) return false;
        if (global.Error is not null && isBeside) return false;
        Complain(global.Error is { } error && error.Depth > own.Error.Depth && IsWrittenOut(words) ? ConfigMode.Global : _builder.Mode, line);
        return true;
    }

    /// <summary>A line of an interface that we only know by name, abbreviated; <c>ip route</c> is none although <c>ip route-cache</c> begins so.</summary>
    private ParseResult<ConfigRow>? Loosely(SourceLine line) =>
        _builder.Mode is ConfigMode.Tunnel or ConfigMode.LinuxInterface && ConfigGrammar.Commands.TryLoosely(_builder.Mode, line.Command) is { Row.Command.IsForeign: true } loose ? loose : null;

    /// <summary>What a line of a tunnel that lost its first word was meant to be; null when that is not plain.</summary>
    private string? Completed(SourceLine line)
    {
        foreach (string first in (string[])["tunnel", "ip", "ip nhrp"])
        {
            string whole = $"{first} {line.Command.Trim()}";
            if (Try(ConfigMode.Tunnel, whole).Row is { Command.IsForeign: false }) return string.Join(' ', Word.Split(whole).Take(Word.Split(first).Count + 1).Select(word => word.Text));
        }
        return null;
    }

    /// <summary>
    /// Whether a line that the block does not know, and the global mode does, is a global command: `set pfs group1x` in an IPsec
    /// profile is a mistake, although a foreign global command may have its first word.
    /// </summary>
    private bool IsGlobal(ParseResult<ConfigRow> global, ParseError own, List<Word> words, bool isIndented)
    {
        ConfigRow row = global.Row!.Command;
        if (!row.IsForeign) return !isIndented || IsWrittenOut(words);
        if (isIndented) return row.OpensBlock;
        bool isCrypto = _builder.Mode.StartsWith("crypto", StringComparison.Ordinal);
        return !isCrypto || own.Depth == 0 || words[0].Text.Equals("crypto", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// In a block of which we know few lines or none. True when the line was dealt with; false when it is to be read as a global one.
    /// </summary>
    private bool InOpenBlock(SourceLine line, List<Word> words)
    {
        Stanza stanza = _stanza!;
        bool isLinux = _builder.Mode == ConfigMode.LinuxInterface, isIndented = stanza.Indents(line);
        if (stanza.IsRefused) _builder.RefusedLines.Add(line.Number);
        bool isFlat = !isIndented && !stanza.IsUnknown && (stanza.IsIndented == false || stanza.IsIndented is null && !_usesIndentation);
        ParseResult<ConfigRow> global = Global(line);
        bool belongs = stanza.Content!.Has(words, abbreviated: false);
        bool isOwnGlobal = global is { Error: null, Row.Command.IsForeign: false } && IsWrittenOut(words);
        if (words[0].Text.Equals("exit", StringComparison.OrdinalIgnoreCase))
        {
            stanza.IsLeft |= !isIndented || isLinux;
            return true;
        }
        if (isLinux && InLinuxInterface(line, global) is { Error: null } own && (isIndented || isFlat || !own.Row!.Command.IsForeign || global.Error is not null))
        {
            stanza.IsIndented ??= isIndented;
            Apply(own, line);
            return true;
        }
        if (!belongs && IsMisplaced(line, words)) return true;
        if (isOwnGlobal && !(belongs && isIndented)) return false;
        belongs |= global.Error is not null && stanza.Content.Has(words, abbreviated: true);
        bool opensByItself = !belongs && global is { Error: null, Row.Command.OpensBlock: true };
        if (isIndented ? !opensByItself : belongs && (isFlat || stanza.IsIndented is null) || isFlat && !stanza.IsLeft && global.Error is not null)
        {
            stanza.IsIndented ??= isIndented;
            PassOver(line);
            return true;
        }
        if (global.Error is null || stanza.Parent?.Indents(line) != true) return false;
        _stanza = stanza.Parent;
        _builder.Mode = _stanza.Mode;
        return InOpenBlock(line, words);
    }

    private ParseResult<ConfigRow> InLinuxInterface(SourceLine line, ParseResult<ConfigRow> global)
    {
        ParseResult<ConfigRow> own = Try(ConfigMode.LinuxInterface, line.Command);
        return own.Error is not null && global.Error?.Depth <= own.Error.Depth ? Loosely(line) ?? own : own;
    }

    private void PassOver(SourceLine line)
    {
        if (_stanza is { IsRefused: false }) _builder.PassOver(line, _stanza.Mode == ConfigMode.LinuxInterface ? PassedOverGroup.Of(_stanza.Mode, line.Command.TrimStart()) : _builder.PassedOverBlock);
    }

    /// <summary>
    /// A line of ours in a block that passes its lines over would be lost, and with it perhaps what protects a tunnel. True when
    /// the line was dealt with.
    /// </summary>
    private bool IsMisplaced(SourceLine line, List<Word> words)
    {
        Stanza stanza = _stanza!;
        bool isTunnels = IsTunnelLine(words);
        InterruptedBlock? block = _interrupted;
        bool isInterrupted = block is not null && !IsCommon(words) && Try(block.Mode, line.Command) is { Row.Command.IsForeign: false };
        if (!isTunnels && !isInterrupted || stanza.IsUnknown) return false;
        if (_builder.Mode != ConfigMode.LinuxInterface && isInterrupted)
        {
            Misplaced(line, words, block!);
            return true;
        }
        if (!isTunnels) return false;
        _builder.HasStrayTunnelLine = true;
        if (!stanza.IsReported && !stanza.IsRefused)
        {
            string opener = stanza.Opener.Command.Trim();
            if (_builder.Mode == ConfigMode.LinuxInterface)
                _builder.Findings.Add(line.Finding(FindingKind.Error, 0, 0, $"'{Head(line)}' is a line of a tunnel, and '{opener}' in line {stanza.Opener.Number} is none", "Write it below 'interface TunnelN'; a DMVPN tunnel has this name"));
            else
                _builder.Findings.Add(line.Finding(FindingKind.Error, 0, 0, $"'{Head(line)}' is a line of a tunnel, and stands in '{Redaction.Mask(opener)}', line {stanza.Opener.Number}", "Write it below 'interface TunnelN'"));
            stanza.IsReported = true;
        }
        return true;
    }

    /// <summary>Says that a line belongs to a block that was left before, and goes on in that block.</summary>
    private void Misplaced(SourceLine line, List<Word> words, InterruptedBlock block)
    {
        bool isReported = _stanza is { IsRefused: true } && _builder.Mode == ConfigMode.PassedOver;
        if (!isReported)
        {
            _builder.Findings.Add(line.Finding(FindingKind.Error, 0, 0,
                $"'{Head(line)}' belongs to '{Redaction.Mask(block.Stanza.Opener.Command.Trim())}', which '{Redaction.Mask(block.By.Command.Trim())}' in line {block.By.Number} has left", "Move one of them"));
        }
        block.Resume(_builder);
        _stanza = block.Stanza;
        _interrupted = null;
        InKnownBlock(line, words);
    }

    /// <summary><c>tunnel …</c>, <c>ip nhrp …</c>: no other block has such lines.</summary>
    private static bool IsTunnelLine(List<Word> words)
    {
        int from = words.Count > 2 && words[0].Text.Equals("no", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
        if (words.Count - from < 2) return false;
        string first = words[from].Text, second = words[from + 1].Text;
        bool isTunnel = first.Length >= 3 && "tunnel".StartsWith(first, StringComparison.OrdinalIgnoreCase) && char.IsAsciiLetter(second[0]);
        return isTunnel || first.ToLowerInvariant() is "ip" or "ipv6" && second.Length >= 2 && "nhrp".StartsWith(second, StringComparison.OrdinalIgnoreCase)
            || first.Equals("if-state", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsCommon(List<Word> words)
    {
        string first = words[0].Text, two = words.Count > 1 ? $"{first} {words[1].Text}" : first;
        return Array.Exists(CommonWords, word => word.StartsWith(word.Contains(' ') ? two : first, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Global commands of ours are found by any abbreviation, but `host 10.0.0.1` in a block is not `hostname 10.0.0.1`.</summary>
    private static bool IsWrittenOut(List<Word> words)
    {
        int from = words.Count > 1 && words[0].Text.ToLowerInvariant() is "no" or "default" ? 1 : 0;
        string first = words[from].Text.ToLowerInvariant();
        return first is "hostname" or "ip" or "ipv6" or "logging" or "cdp" or "platform" || first.Length >= 3 && ("interface".StartsWith(first, StringComparison.Ordinal) || "crypto".StartsWith(first, StringComparison.Ordinal) || "router".StartsWith(first, StringComparison.Ordinal));
    }

    /// <summary>The first words of a line, without what may be a secret.</summary>
    private static string Head(SourceLine line) => string.Join(' ', Word.Split(Redaction.Mask(line.Command)).Take(2).Select(word => word.Text));
}
