namespace Dmvpn.Cli.Shell;

/// <summary>Draws a line under edit on one row of the terminal; a longer one is scrolled, with <c>$</c> where it is cut, as on IOS.</summary>
internal static class LineView
{
    /// <summary>The escape sequences that draw prompt and text and put the cursor in its place.</summary>
    public static string Draw(string prompt, string text, int cursor, int width)
    {
        int room = Math.Max(8, width - prompt.Length - 1);
        int start = cursor < room ? 0 : cursor - room + 1;
        bool cutRight = text.Length - start > room;
        string visible = text.Substring(start, Math.Min(room, text.Length - start));
        if (start > 0) visible = "$" + visible[1..];
        if (cutRight) visible = visible[..^1] + "$";
        int column = prompt.Length + cursor - start;
        return $"\r{prompt}{visible}\e[K\r{(column > 0 ? $"\e[{column}C" : "")}";
    }
}
