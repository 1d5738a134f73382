using System.Text;

namespace Dmvpn.Cli.Shell;

/// <summary>What a key does to the caller of <see cref="LineEditor"/>.</summary>
internal enum EditorAction
{
    /// <summary>Nothing but what is on the line.</summary>
    None,

    /// <summary>Enter: the line is complete.</summary>
    Submit,

    /// <summary>TAB: complete the word before the cursor.</summary>
    Complete,

    /// <summary>? : show what can come next. It is not part of the line.</summary>
    Help,

    /// <summary>Ctrl-C: forget the line.</summary>
    Cancel,

    /// <summary>Ctrl-D on an empty line, or Ctrl-Z: leave.</summary>
    Leave,

    /// <summary>Ctrl-L: draw the line again on a clean screen.</summary>
    ClearScreen,

    /// <summary>Ctrl-R: draw the line again below, as IOS does after a message broke it.</summary>
    Redraw,

    /// <summary>The key does nothing here.</summary>
    Bell,
}

/// <summary>
/// One line under edit, with history: a state machine of keys, without any terminal. Keys are IOS's: arrows, Ctrl-A/E/B/F/D/K/U/W/X/Y/T,
/// Ctrl-P/N, Esc-B/F/D, Ctrl-L/R, Home, End, Delete.
/// </summary>
internal sealed class LineEditor
{
    private const int HistoryLength = 256;

    private readonly List<string> _history = [];
    private readonly StringBuilder _line = new();
    private int _historyAt;
    private string _unsent = "";
    private string _killed = "";

    /// <summary>The line as it is.</summary>
    public string Text => _line.ToString();

    /// <summary>Where the cursor stands: before this character.</summary>
    public int Cursor { get; private set; }

    /// <summary>The lines of the past, oldest first.</summary>
    public IReadOnlyList<string> History => _history;

    /// <summary>Starts an empty line.</summary>
    public void Clear()
    {
        _line.Clear();
        Cursor = 0;
        _historyAt = _history.Count;
        _unsent = "";
    }

    /// <summary>Adds a line to the history; blank ones and repetitions of the last are not.</summary>
    public void Remember(string line)
    {
        if (line.Trim().Length > 0 && (_history.Count == 0 || _history[^1] != line)) _history.Add(line);
        if (_history.Count > HistoryLength) _history.RemoveAt(0);
        _historyAt = _history.Count;
    }

    /// <summary>Replaces the part from <paramref name="start"/> to the cursor: what completion found.</summary>
    public void ReplaceBeforeCursor(int start, string text)
    {
        _line.Remove(start, Cursor - start).Insert(start, text);
        Cursor = start + text.Length;
    }

    /// <summary>One key.</summary>
    public EditorAction Press(ConsoleKeyInfo key)
    {
        if (key.Modifiers.HasFlag(ConsoleModifiers.Alt)) return Escape(key.Key);
        switch (key.Key)
        {
            case ConsoleKey.Enter: return EditorAction.Submit;
            case ConsoleKey.Tab: return EditorAction.Complete;
            case ConsoleKey.LeftArrow: return MoveTo(Cursor - 1);
            case ConsoleKey.RightArrow: return MoveTo(Cursor + 1);
            case ConsoleKey.UpArrow: return Recall(_historyAt - 1);
            case ConsoleKey.DownArrow: return Recall(_historyAt + 1);
            case ConsoleKey.Home: return MoveTo(0);
            case ConsoleKey.End: return MoveTo(_line.Length);
            case ConsoleKey.Delete: return Delete(Cursor, Cursor + 1);
            case ConsoleKey.Backspace: return Delete(Cursor - 1, Cursor);
        }

        if (key.Modifiers.HasFlag(ConsoleModifiers.Control) || key.KeyChar is > '\0' and < ' ' or '\x7f') return Control(key);
        switch (key.KeyChar)
        {
            case '?': return EditorAction.Help;
            case >= ' ':
                _line.Insert(Cursor++, key.KeyChar);
                return EditorAction.None;
            default: return EditorAction.Bell;
        }
    }

    private EditorAction Control(ConsoleKeyInfo key)
    {
        char letter = key.KeyChar is > '\0' and < ' ' ? (char)(key.KeyChar + '@') : key.KeyChar == '\x7f' ? '\x7f' : (char)key.Key;
        switch (letter)
        {
            case 'A': return MoveTo(0);
            case 'B': return MoveTo(Cursor - 1);
            case 'C': return EditorAction.Cancel;
            case 'D': return _line.Length == 0 ? EditorAction.Leave : Delete(Cursor, Cursor + 1);
            case 'E': return MoveTo(_line.Length);
            case 'F': return MoveTo(Cursor + 1);
            case 'H' or '\x7f': return Delete(Cursor - 1, Cursor);
            case 'I': return EditorAction.Complete;
            case 'J' or 'M': return EditorAction.Submit;
            case 'K': return Kill(Cursor, _line.Length);
            case 'L': return EditorAction.ClearScreen;
            case 'N': return Recall(_historyAt + 1);
            case 'P': return Recall(_historyAt - 1);
            case 'R': return EditorAction.Redraw;
            case 'T': return Transpose();
            case 'U' or 'X': return Kill(0, Cursor);
            case 'W': return Kill(WordLeft(), Cursor);
            case 'Y':
                _line.Insert(Cursor, _killed);
                Cursor += _killed.Length;
                return EditorAction.None;
            case 'Z': return EditorAction.Leave;
            default: return EditorAction.Bell;
        }
    }

    private EditorAction Escape(ConsoleKey key) => key switch
    {
        ConsoleKey.B => MoveTo(WordLeft()),
        ConsoleKey.F => MoveTo(WordRight()),
        ConsoleKey.D => Kill(Cursor, WordRight()),
        ConsoleKey.Backspace => Kill(WordLeft(), Cursor),
        _ => EditorAction.Bell,
    };

    private EditorAction MoveTo(int position)
    {
        if (position < 0 || position > _line.Length) return EditorAction.Bell;
        Cursor = position;
        return EditorAction.None;
    }

    private EditorAction Delete(int start, int end)
    {
        if (start < 0 || end > _line.Length) return EditorAction.Bell;
        _line.Remove(start, end - start);
        Cursor = start;
        return EditorAction.None;
    }

    private EditorAction Kill(int start, int end)
    {
        if (start == end) return EditorAction.Bell;
        _killed = _line.ToString(start, end - start);
        return Delete(start, end);
    }

    private EditorAction Transpose()
    {
        if (Cursor == 0 || _line.Length < 2) return EditorAction.Bell;
        int at = Math.Min(Cursor, _line.Length - 1);
        (_line[at - 1], _line[at]) = (_line[at], _line[at - 1]);
        Cursor = at + 1;
        return EditorAction.None;
    }

    private EditorAction Recall(int index)
    {
        if (index < 0 || index > _history.Count) return EditorAction.Bell;
        if (_historyAt == _history.Count) _unsent = Text;
        _historyAt = index;
        _line.Clear().Append(index == _history.Count ? _unsent : _history[index]);
        Cursor = _line.Length;
        return EditorAction.None;
    }

    private int WordLeft()
    {
        int at = Cursor;
        while (at > 0 && _line[at - 1] == ' ') at--;
        while (at > 0 && _line[at - 1] != ' ') at--;
        return at;
    }

    private int WordRight()
    {
        int at = Cursor;
        while (at < _line.Length && _line[at] == ' ') at++;
        while (at < _line.Length && _line[at] != ' ') at++;
        return at;
    }
}
