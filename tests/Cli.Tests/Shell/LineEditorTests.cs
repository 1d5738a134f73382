using Dmvpn.Cli.Shell;

namespace Dmvpn.Cli.Tests.Shell;

public sealed class LineEditorTests
{
    private readonly LineEditor _editor = new();

    [Fact]
    public void Typing_Characters_AreInsertedAtTheCursor()
    {
        Type("shw");
        Press(ConsoleKey.LeftArrow);
        Type("o");
        Assert.Equal(("show", 3), (_editor.Text, _editor.Cursor));
    }

    [Theory]
    [InlineData('A', "one two three", 0)]
    [InlineData('E', "one two three", 13)]
    [InlineData('B', "one two three", 6)]
    [InlineData('F', "one two three", 8)]
    [InlineData('U', "three|", 0)]
    [InlineData('X', "three|", 0)]
    [InlineData('K', "one two", 7)]
    [InlineData('W', "one  three", 4)]
    [InlineData('D', "one twothree|", 7)]
    [InlineData('H', "one tw three", 6)]
    [InlineData('T', "one tw othree|", 8)]
    public void ControlKey_InTheMiddle_DoesAsIos(char letter, string expected, int cursor)
    {
        Type("one two three");
        for (int i = 0; i < 6; i++) Press(ConsoleKey.LeftArrow);
        Control(letter);
        // In these a blank is at a place that the table would hide.
        expected = expected switch { "three|" => " three", "one twothree|" => "one twothree", "one tw othree|" => "one tw othree", _ => expected };
        Assert.Equal((expected, cursor), (_editor.Text, _editor.Cursor));
    }

    [Fact]
    public void KilledText_Yanked_ComesBackAtTheCursor()
    {
        Type("show ip nhrp");
        Control('W');
        Control('A');
        Control('Y');
        Assert.Equal("nhrpshow ip ", _editor.Text);
    }

    [Fact]
    public void EscapeKeys_MoveAndKillByWords()
    {
        Type("show ip nhrp");
        Alt(ConsoleKey.B);
        Alt(ConsoleKey.B);
        Assert.Equal(5, _editor.Cursor);
        Alt(ConsoleKey.D);
        Assert.Equal("show  nhrp", _editor.Text);
        Alt(ConsoleKey.F);
        Assert.Equal(10, _editor.Cursor);
    }

    [Fact]
    public void History_WalkedUpAndDown_KeepsTheUnsentLine()
    {
        _editor.Remember("first");
        _editor.Remember("second");
        _editor.Remember("second");
        _editor.Remember("  ");
        Assert.Equal(["first", "second"], _editor.History);
        _editor.Clear();
        Type("unsent");
        Press(ConsoleKey.UpArrow);
        Assert.Equal("second", _editor.Text);
        Control('P');
        Assert.Equal("first", _editor.Text);
        Assert.Equal(EditorAction.Bell, Press(ConsoleKey.UpArrow));
        Control('N');
        Press(ConsoleKey.DownArrow);
        Assert.Equal("unsent", _editor.Text);
        Assert.Equal(EditorAction.Bell, Press(ConsoleKey.DownArrow));
    }

    [Fact]
    public void History_BeyondItsLength_ForgetsTheOldest()
    {
        for (int i = 0; i < 300; i++) _editor.Remember($"line {i}");
        Assert.Equal(256, _editor.History.Count);
        Assert.Equal("line 299", _editor.History[^1]);
    }

    [Fact]
    public void SpecialKeys_AreActionsAndNotText()
    {
        Type("sh");
        Assert.Equal(EditorAction.Help, _editor.Press(new ConsoleKeyInfo('?', ConsoleKey.None, true, false, false)));
        Assert.Equal(EditorAction.Complete, Press(ConsoleKey.Tab));
        Assert.Equal(EditorAction.Submit, Press(ConsoleKey.Enter));
        Assert.Equal(EditorAction.Cancel, Control('C'));
        Assert.Equal(EditorAction.ClearScreen, Control('L'));
        Assert.Equal(EditorAction.Redraw, Control('R'));
        Assert.Equal(EditorAction.Leave, Control('Z'));
        Assert.Equal("sh", _editor.Text);
        _editor.Clear();
        Assert.Equal(EditorAction.Leave, Control('D'));
    }

    [Fact]
    public void KeysAtTheEnds_RingTheBell()
    {
        Assert.Equal(EditorAction.Bell, Press(ConsoleKey.LeftArrow));
        Assert.Equal(EditorAction.Bell, Press(ConsoleKey.RightArrow));
        Assert.Equal(EditorAction.Bell, Press(ConsoleKey.Backspace));
        Assert.Equal(EditorAction.Bell, Press(ConsoleKey.Delete));
        Assert.Equal(EditorAction.Bell, Control('U'));
        Assert.Equal(EditorAction.Bell, Control('T'));
    }

    [Theory]
    [InlineData("show", 4, 80, "\rhub#show\e[K\r\e[8C")]
    [InlineData("show", 0, 80, "\rhub#show\e[K\r\e[4C")]
    [InlineData("abcdefghijklmnop", 16, 15, "\rhub#$ijklmnop\e[K\r\e[13C")]
    [InlineData("abcdefghijklmnop", 0, 15, "\rhub#abcdefghi$\e[K\r\e[4C")]
    public void LongLine_Drawn_ScrollsWithMarks(string text, int cursor, int width, string expected) =>
        Assert.Equal(expected, LineView.Draw("hub#", text, cursor, width));

    private void Type(string text)
    {
        foreach (char letter in text) _editor.Press(new ConsoleKeyInfo(letter, ConsoleKey.None, false, false, false));
    }

    private EditorAction Press(ConsoleKey key) => _editor.Press(new ConsoleKeyInfo('\0', key, false, false, false));

    private EditorAction Alt(ConsoleKey key) => _editor.Press(new ConsoleKeyInfo('\0', key, false, true, false));

    private EditorAction Control(char letter) => _editor.Press(new ConsoleKeyInfo((char)(letter - '@'), (ConsoleKey)letter, false, false, true));
}
