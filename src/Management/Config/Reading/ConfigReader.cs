using Dmvpn.Management.Api;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>
/// Reads a file line by line into a <see cref="ConfigBuilder"/>, by IOS's rules: indentation means little, a line that the current
/// block does not know is tried as a global one, <c>!</c> is a comment. It never stops at an error: all are reported in one run.
/// </summary>
internal sealed class ConfigReader
{
    private readonly ConfigBuilder _builder = new();
    private readonly List<SourceLine> _lines = [];
    private readonly bool _usesIndentation;
    private bool _isRefusedBlock;

    private ConfigReader(string text)
    {
        string[] lines = text.TrimStart('\uFEFF').Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            var line = new SourceLine(i + 1, lines[i].TrimEnd('\r', ' ', '\t'));
            _lines.Add(line);
            _usesIndentation |= line.IsIndented;
        }
    }

    /// <summary>Reads the whole text.</summary>
    public static ConfigBuilder Read(string text)
    {
        var reader = new ConfigReader(text);
        for (int i = 0; i < reader._lines.Count; i++)
        {
            if (reader._builder.IsEnded)
            {
                reader.AfterEnd(i);
                break;
            }
            i = reader.Take(i);
        }
        return reader._builder;
    }

    /// <summary>Takes the line at <paramref name="index"/> and returns the index of the last line that belonged to it.</summary>
    private int Take(int index)
    {
        SourceLine line = _lines[index];
        string text = line.Text.TrimStart();
        if (text.Length == 0) return index;
        if (text[0] == '!')
        {
            // IOS prints an unindented "!" after each block.
            if (_builder.Mode == ConfigMode.PassedOver && _usesIndentation && !line.IsIndented) _builder.Mode = ConfigMode.Global;
            return index;
        }
        if (IsPrompt(text))
        {
            _builder.PassOver(line, "a terminal shows it; it is no configuration");
            return index;
        }
        List<Word> words = Word.Split(text);
        if (!line.IsIndented && words[0].Text.Equals("banner", StringComparison.OrdinalIgnoreCase)) return Banner(index, words);
        if (_builder.Mode is ConfigMode.PassedOver && words[0].Text.Equals("certificate", StringComparison.OrdinalIgnoreCase)) return Certificate(index);
        Command(line);
        return index;
    }

    /// <summary>What a terminal shows around a printout: <c>hub#show running-config</c> before it, <c>hub#</c> behind it.</summary>
    private static bool IsPrompt(string text)
    {
        int at = text.IndexOf('#');
        if (at <= 0) return false;
        foreach (char letter in text.AsSpan(0, at))
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.')) return false;
        ReadOnlySpan<char> command = text.AsSpan(at + 1).TrimStart();
        return command.Length == 0 || command.StartsWith("sh", StringComparison.OrdinalIgnoreCase) || command.StartsWith("ter", StringComparison.OrdinalIgnoreCase);
    }

    private void Command(SourceLine line)
    {
        if (_builder.Mode is ConfigMode.PassedOver or ConfigMode.LinuxInterface && InOpenBlock(line)) return;
        string mode = _builder.Mode;
        ParseResult<ConfigRow> result = ConfigGrammar.Commands.Try(mode, line.Text);
        // `crypto …` and `ip nat …` are lines of a tunnel and global ones: there indentation does decide.
        bool isGlobalRather = _usesIndentation && !line.IsIndented && result.Row?.Command.IsForeign == true;
        if (_builder.Mode != ConfigMode.Global && (result.Error is not null || isGlobalRather))
        {
            ParseResult<ConfigRow> global = ConfigGrammar.Commands.Try(ConfigMode.Global, line.Text);
            if (global.Error is null)
            {
                if (IsOwnMistake(result, global, line)) global = result;
                // An indented line that only the list of foreign global lines knows stays inside its block.
                else if (!(global.Row!.Command.IsForeign && line.IsIndented)) _builder.Mode = ConfigMode.Global;
                result = global;
            }
            else if (result.Error is { } error && (_usesIndentation && !line.IsIndented || global.Error.Depth > error.Depth))
            {
                result = global;
                mode = ConfigMode.Global;
            }
        }
        if (result.Error is not null)
        {
            ParseError why = ConfigGrammar.Commands.Parse(mode, line.Text).Error!;
            _builder.Findings.Add(line.Finding(FindingKind.Error, why.Column, why.Length, why.Reason, why.Remedy));
            // A mistyped `crypto` line may open a block, whose lines would all be mistakes too.
            if (mode == ConfigMode.Global && why.Depth > 0 && Word.Split(line.Text)[0].Text.StartsWith("cr", StringComparison.OrdinalIgnoreCase))
            {
                _builder.Mode = ConfigMode.PassedOver;
                _isRefusedBlock = true;
            }
        }
        else
        {
            Apply(result, line);
        }
    }

    /// <summary>
    /// In a <c>crypto</c> block nothing is passed over: `set pfs group1x` is not IOS's global `set …`, and `authentication remote pre-shre` not its old `authentication …`. True when the line belongs to the
    /// block, well or badly written, although a list of harmless global lines has its first word.
    /// </summary>
    private bool IsOwnMistake(ParseResult<ConfigRow> own, ParseResult<ConfigRow> global, SourceLine line) =>
        _builder.Mode.StartsWith("crypto", StringComparison.Ordinal) && global.Row!.Command.IsForeign && own.Error is { } error
        && (line.IsIndented || !_usesIndentation && error.Depth > 0 && !Word.Split(line.Text)[0].Text.Equals("crypto", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// In a block of which we know few lines or none: true when the line was dealt with. In a file with indentation a line
    /// without it ends the block; in one without any, a line that the global mode knows does.
    /// </summary>
    private bool InOpenBlock(SourceLine line)
    {
        if (_builder.Mode == ConfigMode.LinuxInterface)
        {
            ParseResult<ConfigRow> own = ConfigGrammar.Commands.Try(ConfigMode.LinuxInterface, line.Text);
            if (own.Error is null && (line.IsIndented || !_usesIndentation || !own.Row!.Command.IsForeign))
            {
                Apply(own, line);
                return true;
            }
        }
        bool belongs = line.IsIndented || !_usesIndentation && ConfigGrammar.Commands.Try(ConfigMode.Global, line.Text).Error is not null;
        if (belongs)
        {
            if (!_isRefusedBlock) _builder.PassOver(line, _builder.Mode == ConfigMode.LinuxInterface ? PassedOverGroup.Of(_builder.Mode, line.Text) : _builder.PassedOverBlock);
            return true;
        }
        _builder.Mode = ConfigMode.Global;
        return false;
    }

    private void Apply(ParseResult<ConfigRow> result, SourceLine source)
    {
        ConfigRow row = result.Row!.Command;
        int errors = _builder.Findings.Count;
        var line = new ConfigLine(result.Arguments, source, _builder.Findings);
        switch (result.Negation)
        {
            case Negation.None:
                row.Apply(_builder, line);
                if (row.OpensRouting) _builder.Routing.Add(UnderstoodRouting.Of(result.Arguments.Canonical, source.Number, isRun: !row.IsForeign));
                _isRefusedBlock = _builder.Mode == ConfigMode.PassedOver && _builder.Findings.Count > errors;
                break;
            case Negation.Default:
                (row.Default ?? row.No)!(_builder, line);
                break;
            default:
                row.No!(_builder, line);
                break;
        }
    }

    /// <summary><c>banner motd ^C … ^C</c>: text between two delimiters, whatever is in it.</summary>
    private int Banner(int index, List<Word> words)
    {
        SourceLine line = _lines[index];
        if (words.Count < 2)
        {
            _builder.Findings.Add(line.Finding(FindingKind.Error, line.Text.Length + 2, 1, "the banner has no text", "Remove the line"));
            return index;
        }
        // `banner motd ^C` and `banner ^C`: the kind of banner may be left out.
        int at = words.Count > 2 || char.IsAsciiLetter(words[1].Text[0]) && words[1].Text.Length > 1 ? 2 : 1;
        if (at >= words.Count) return index;
        int start = words[at].Start;
        string text = line.Text;
        string delimiter = text[start] == '^' && start + 1 < text.Length && char.IsAsciiLetterUpper(text[start + 1]) ? text.Substring(start, 2) : text.Substring(start, 1);
        const string reason = "no banner is shown";
        _builder.PassOver(line, reason);
        if (text.IndexOf(delimiter, start + delimiter.Length, StringComparison.Ordinal) >= 0) return index;
        for (int i = index + 1; i < _lines.Count; i++)
        {
            _builder.PassOver(_lines[i], reason);
            if (_lines[i].Text.Contains(delimiter, StringComparison.Ordinal)) return i;
        }
        _builder.Findings.Add(line.Finding(FindingKind.Error, start + 1, delimiter.Length, "the banner does not end: its delimiter does not come again", "Close it, or remove it"));
        return _lines.Count - 1;
    }

    /// <summary>The hexadecimal lines of a certificate, up to <c>quit</c>.</summary>
    private int Certificate(int index)
    {
        for (int i = index; i < _lines.Count; i++)
        {
            string text = _lines[i].Text.Trim();
            if (i > index && text.Length > 0 && text[0] == '!') return i - 1;
            _builder.PassOver(_lines[i], "certificates are read from files");
            if (text.Equals("quit", StringComparison.OrdinalIgnoreCase)) return i;
        }
        return _lines.Count - 1;
    }

    private void AfterEnd(int index)
    {
        for (int i = index; i < _lines.Count; i++)
        {
            if (_lines[i].Text.TrimStart() is not { Length: > 0 } text || text[0] == '!') continue;
            _builder.Findings.Add(_lines[i].Finding(FindingKind.Warning, 0, 0, "what stands after 'end' was not read", "Remove 'end', or what follows it"));
            return;
        }
    }
}
