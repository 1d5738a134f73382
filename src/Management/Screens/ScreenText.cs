using System.Text;

namespace Dmvpn.Management.Screens;

/// <summary>The text of a screen under construction: lines ended by a line feed. Trailing blanks are kept where IOS prints them.</summary>
internal sealed class ScreenText
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds one line.</summary>
    public ScreenText Line(string line = "")
    {
        _text.Append(line).Append('\n');
        return this;
    }

    /// <summary>Adds a block of lines, given as a raw literal without its last line feed.</summary>
    public ScreenText Block(string lines)
    {
        _text.Append(lines.ReplaceLineEndings("\n")).Append('\n');
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
