namespace Dmvpn.Management.Config;

/// <summary>
/// What a tunnel has once. IOS takes the last of two lines without a word; where they differ within one block, most likely a line
/// <c>interface</c> was lost or moved between them, and the block holds the lines of two tunnels.
/// </summary>
internal sealed class OnceInABlock
{
    private static readonly string[] Commands =
    [
        "ip address", "tunnel source", "tunnel destination", "tunnel mode", "tunnel key", "tunnel vrf", "tunnel protection ipsec profile",
        "ip nhrp network-id", "ipv6 nhrp network-id",
    ];

    private readonly Dictionary<string, (string Words, int Line)> _given = [];

    /// <summary>Takes a line with its keywords in full, and warns when it contradicts one above.</summary>
    public void Take(string words, ConfigLine line)
    {
        if (words.EndsWith(" secondary", StringComparison.Ordinal)) return;
        string? command = Array.Find(Commands, c => words.StartsWith(c, StringComparison.Ordinal) && words.Length > c.Length && words[c.Length] == ' ');
        if (command is null) return;
        if (_given.TryGetValue(command, out var before) && before.Words != words)
        {
            line.Warn("", $"'{command}' is given twice in this block, in line {before.Line} otherwise: this one is taken",
                "Remove one of both; or an 'interface' line between them was lost, or stands elsewhere");
        }
        _given[command] = (words, line.Source.Number);
    }
}
