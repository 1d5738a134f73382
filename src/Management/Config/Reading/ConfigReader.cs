using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>
/// Reads a file line by line into a <see cref="ConfigBuilder"/>. Inside a block that the grammar knows, a line is known or an
/// error; a global command opens its stanza whatever its indentation, and indentation never decides alone. It never stops at an
/// error: all are reported in one run, one for each mistake.
/// </summary>
internal sealed partial class ConfigReader
{
    private readonly ConfigBuilder _builder = new();
    private readonly List<SourceLine> _lines;

    /// <summary>False for a flat file, where all lines start in the same column.</summary>
    private readonly bool _usesIndentation;

    private Stanza? _stanza;
    private InterruptedBlock? _interrupted;
    private readonly Surroundings _surroundings;
    private readonly (string Mode, string Command, ParseResult<ConfigRow> Result)[] _tried = new (string, string, ParseResult<ConfigRow>)[4];
    private int _nextTried;
    private SourceLine? _end;

    private ConfigReader(List<SourceLine> lines)
    {
        _lines = lines;
        int least = int.MaxValue, most = 0;
        foreach (SourceLine line in _lines)
        {
            if (line.Text.Length == 0 || line.Prompt != PromptKind.None || line.Command.TrimStart()[0] is '!' or '#') continue;
            least = Math.Min(least, line.Indent);
            most = Math.Max(most, line.Indent);
        }
        _usesIndentation = most > least;
        _surroundings = new(_lines);
    }

    /// <summary>Reads the whole text.</summary>
    public static ConfigBuilder Read(string text) => Read(PastedText.Lines(text));

    /// <summary>Reads the lines of a text.</summary>
    public static ConfigBuilder Read(List<SourceLine> lines)
    {
        var reader = new ConfigReader(lines);
        reader._builder.Lines = reader._lines;
        for (int i = 0; i < reader._lines.Count; i++) i = reader.Take(i);
        reader._builder.Router = reader._builder.Router with { LinuxInterfaces = [.. reader._builder.LinuxInterfaces.Items] };
        return reader._builder;
    }

    /// <summary>Takes the line at <paramref name="index"/> and returns the index of the last line that belonged to it.</summary>
    private int Take(int index)
    {
        SourceLine line = _lines[index];
        string text = line.Command.Trim();
        if (text.Length == 0) return index;
        List<Word> words = Word.Split(line.Command);
        if (_surroundings.Enter(line, words))
        {
            _builder.PassOver(line, Surroundings.Prose);
            return index;
        }
        if (IsComment(line, text)) return index;
        if (TextBlocks.Banner(line, words) is { } start) return TextBlocks.SkipBanner(_builder, _lines, index, start);
        if (_builder.Mode == ConfigMode.PassedOver && words.Count > 1 && words[0].Text.Equals("certificate", StringComparison.OrdinalIgnoreCase))
            return TextBlocks.SkipCertificate(_builder, _lines, index);
        if (ConsoleText.IsOutput(text) || ConsoleText.IsCommand(words) || line.Prompt == PromptKind.Exec && !IsOurs(line))
        {
            _builder.PassOver(line, ConsoleText.Reason);
            return index;
        }
        if (words is [{ Text: var only }] && only.Equals("end", StringComparison.OrdinalIgnoreCase))
        {
            End(line);
            return index;
        }
        if (_end is not null)
        {
            _builder.Findings.Add(line.Finding(FindingKind.Note, 0, 0, $"the file goes on behind 'end' in line {_end.Number}: what follows is read too"));
            _end = null;
        }
        if (line.OddSecret is { } odd) _builder.Findings.Add(line.Finding(odd.Kind, 0, 0, odd.Reason, odd.Remedy));
        line = WithoutComment(line, words);
        if (_surroundings.ReasonFor(index) is { } reason && !IsKnown(line))
        {
            _builder.PassOver(line, reason);
            return index;
        }
        if (index + 1 < _lines.Count && Joined(line, _lines[index + 1]) is { } whole)
        {
            _builder.Findings.Add(line.Finding(FindingKind.Note, 0, 0, "this line is read together with the next: a terminal or a mail has wrapped it"));
            Command(whole);
            return index + 1;
        }
        Command(line);
        return index;
    }

    /// <summary>True for a line that is a command where it stands, or a global one.</summary>
    private bool IsKnown(SourceLine line)
    {
        if (Try(_builder.Mode, line.Command) is { Row.Command: var own } && !(own.IsForeign && _surroundings.IsSentence(line))) return true;
        return Global(line) is { Row.Command: var row } && !(row.IsForeign && _surroundings.IsSentence(line));
    }

    /// <summary>A command that ends too early, with the line below it that is none: both were one. Null when that is not plain.</summary>
    private SourceLine? Joined(SourceLine line, SourceLine next)
    {
        if (next.Prompt != PromptKind.None || next.Command.AsSpan().TrimStart() is [] or ['!', ..]) return null;
        if (Try(_builder.Mode, line.Command).Error is not { } error) return null;
        string mode = error.Kind == ParseErrorKind.Incomplete ? _builder.Mode : ConfigMode.Global;
        if (mode == ConfigMode.PassedOver || mode != _builder.Mode && Try(mode, line.Command).Error is not { Kind: ParseErrorKind.Incomplete }) return null;
        if (Try(_builder.Mode, next.Command).Error is null || Global(next).Error is null) return null;
        SourceLine whole = line with { Command = $"{line.Command.TrimEnd()} {next.Command.Trim()}" };
        return Try(mode, whole.Command) is { Row.Command.IsForeign: false } ? whole : null;
    }

    private bool IsComment(SourceLine line, string text)
    {
        if (text[0] == '!')
        {
            // IOS prints a "!" after each block; people also write one between a block's lines.
            if (_stanza is { } stanza && !stanza.Indents(line)) stanza.IsLeft = true;
            return true;
        }
        bool isRule = text.Length >= 3 && text[0] is '=' or '-' or '*' or '~' or '_' && text[1] == text[0] && text[2] == text[0];
        return isRule || text[0] is '#' or ';' || text.StartsWith("//", StringComparison.Ordinal);
    }

    /// <summary>A command of ours behind an EXEC prompt: whoever wrote it down was sloppy with prompts.</summary>
    private bool IsOurs(SourceLine line) =>
        Try(ConfigMode.Global, line.Command) is { Row.Command: var row } && (!row.IsForeign || row.OpensBlock);

    private void End(SourceLine line)
    {
        _builder.Mode = ConfigMode.Global;
        _stanza = null;
        _interrupted = null;
        _end = line;
    }

    /// <summary>
    /// The line without a remark behind <c>!</c> or <c>#</c>. IOS knows no such remarks, and texts and passwords may hold these
    /// characters: they are cut only where the line as a whole is no command, or where the character stands alone.
    /// </summary>
    private SourceLine WithoutComment(SourceLine line, List<Word> words)
    {
        int at = words.FindIndex(1, word => word.Text[0] is '!' or '#');
        if (at < 0 || words[0].Text.StartsWith("desc", StringComparison.OrdinalIgnoreCase)) return line;
        SourceLine cut = line with { Command = line.Command[..words[at].Start].TrimEnd() };
        if (Parses(cut) is not { } row) return line;
        return Parses(line) is null || words[at].Text.Length == 1 && !row.IsForeign ? cut : line;

        ConfigRow? Parses(SourceLine what) =>
            Try(_builder.Mode, what.Command).Row?.Command ?? Try(ConfigMode.Global, what.Command).Row?.Command;
    }

    private void Command(SourceLine line)
    {
        List<Word> words = Word.Split(line.Command);
        if (_builder.Mode is ConfigMode.PassedOver or ConfigMode.LinuxInterface && InOpenBlock(line, words)) return;
        if (_builder.Mode is not (ConfigMode.PassedOver or ConfigMode.LinuxInterface or ConfigMode.Global) && InKnownBlock(line, words)) return;
        InGlobal(line, words);
    }

    private void InGlobal(SourceLine line, List<Word> words)
    {
        ParseResult<ConfigRow> result = Global(line);
        if (result.Error is null) OpenOrApply(result, line);
        else if (_stanza is { Content: { } content } stanza && (stanza.Indents(line) || stanza.IsIndented != true) && content.Has(words, abbreviated: true)) Continue(stanza, line, words);
        else if (_interrupted is { } block && Try(block.Mode, line.Command) is { Row.Command.IsForeign: false }) Misplaced(line, words, block);
        else Unknown(line, words);
    }

    /// <summary>A global command between the lines of a block that is passed over did not end it, when what follows is plainly its own.</summary>
    private void Continue(Stanza stanza, SourceLine line, List<Word> words)
    {
        _builder.Mode = stanza.Mode;
        if (!InOpenBlock(line, words)) PassOver(line);
    }

    /// <summary>A line that is known nowhere. What stands further to the right below it is part of the same mistake.</summary>
    private void Unknown(SourceLine line, List<Word> words)
    {
        _builder.Mode = ConfigMode.Global;
        ParseError why = Complain(ConfigMode.Global, line);
        // A mistyped `crypto` line opens a block also in a flat file.
        bool isCrypto = why.Depth > 0 && words[0].Text.StartsWith("cr", StringComparison.OrdinalIgnoreCase);
        _builder.Mode = ConfigMode.PassedOver;
        _stanza = new(line, BlockContent.Of(""), ConfigMode.PassedOver) { IsRefused = true, IsUnknown = !isCrypto };
    }

    /// <summary>Applies a global command that was understood: from here on its block is read, if it has one.</summary>
    private void OpenOrApply(ParseResult<ConfigRow> result, SourceLine line)
    {
        ConfigRow row = result.Row!.Command;
        if (_builder.Mode is not (ConfigMode.PassedOver or ConfigMode.LinuxInterface or ConfigMode.Global)) _interrupted = InterruptedBlock.Of(_builder, _stanza!, line);
        _builder.Mode = ConfigMode.Global;
        int errors = _builder.Findings.Count;
        Apply(result, line);
        // After 'no interface Tunnel0' in Tunnel0 there is nothing to go on with.
        if (_interrupted is { Mode: ConfigMode.Tunnel } block && _builder.Tunnel(block.Tunnel) is null) _interrupted = null;
        if (_builder.Mode == ConfigMode.Global) return;
        bool isOpen = _builder.Mode is ConfigMode.PassedOver or ConfigMode.LinuxInterface;
        BlockContent? content = !isOpen ? null : _builder.Mode == ConfigMode.LinuxInterface ? BlockContent.Interface : row.Content ?? BlockContent.Of(row.Pattern);
        _stanza = new(line, content, _builder.Mode)
        {
            Parent = _stanza is { Content: not null } before && before.Indents(line) ? before : null,
            IsRefused = _builder.Mode == ConfigMode.PassedOver && _builder.Findings.Skip(errors).Any(f => f.Kind == FindingKind.Error),
        };
        if (!isOpen) _interrupted = null;
    }

    private void Apply(ParseResult<ConfigRow> result, SourceLine source)
    {
        ConfigRow row = result.Row!.Command;
        (string mode, TunnelId tunnel, string block) = (_builder.Mode, _builder.CurrentTunnel, _builder.CurrentBlock);
        int findings = _builder.Findings.Count;
        var line = new ConfigLine(result.Arguments, source, _builder.Findings, result.Negation != Negation.None);
        switch (result.Negation)
        {
            case Negation.None:
                row.Apply(_builder, line);
                if (row.OpensRouting) _builder.Routing.Add(UnderstoodRouting.Of(result.Arguments.Canonical, source.Number, isRun: !row.IsForeign));
                break;
            case Negation.Default:
                (row.Default ?? row.No)!(_builder, line);
                break;
            default:
                row.No!(_builder, line);
                break;
        }
        for (int i = findings; i < _builder.Findings.Count; i++)
            if (mode != ConfigMode.Global && _builder.Findings[i].Kind == FindingKind.Error) _builder.Mistakes.Add(mode, tunnel, block, source);
    }

    private ParseError Complain(string mode, SourceLine line)
    {
        ParseError why = ConfigGrammar.Commands.Parse(mode, line.Command).Error!;
        bool isStray = mode == ConfigMode.Global && IsTunnelLine(Word.Split(line.Command));
        _builder.HasStrayTunnelLine |= isStray;
        if (why is { Kind: ParseErrorKind.Invalid, Depth: 0 })
        {
            if (mode == ConfigMode.Tunnel && Completed(line) is { } whole) why = why with { Remedy = $"Did you mean '{whole}'?" };
            else if (isStray) why = why with { Remedy = "It belongs below 'interface TunnelN'" };
            // A heading between the commands.
            else if (mode == ConfigMode.Global && (!char.IsAsciiLetterLower(line.Command.TrimStart()[0]) || line.Command.AsSpan().ContainsAnyExceptInRange(' ', '~'))) why = why with { Remedy = "A remark begins with '!'" };
        }
        _builder.Findings.Add(line.Finding(FindingKind.Error, why.Column, why.Length, why.Reason, why.Remedy));
        _builder.Mistakes.Add(_builder.Mode, _builder.CurrentTunnel, _builder.CurrentBlock, line);
        return why;
    }

    /// <summary>Reads a line in a mode; a line is asked for several times, and the answers are kept while it is the one at hand.</summary>
    private ParseResult<ConfigRow> Try(string mode, string command)
    {
        foreach ((string triedMode, string tried, ParseResult<ConfigRow> answer) in _tried)
            if (ReferenceEquals(tried, command) && triedMode == mode) return answer;
        ParseResult<ConfigRow> result = ConfigGrammar.Commands.Try(mode, command);
        _tried[_nextTried++ & 3] = (mode, command, result);
        return result;
    }

    /// <summary>Reads a line as a global command; those that open blocks are found abbreviated too.</summary>
    private ParseResult<ConfigRow> Global(SourceLine line)
    {
        ParseResult<ConfigRow> result = Try(ConfigMode.Global, line.Command);
        return result.Error is null ? result : ConfigGrammar.Commands.TryLoosely(ConfigMode.Global, line.Command) is { Row.Command.IsForeign: true } loose ? loose : result;
    }
}
