using Dmvpn.Core;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>
/// Lines of blocks that are wrong. A tunnel without a source whose line <c>tunel source eth0</c> is an error lacks nothing: one
/// mistake, one error.
/// </summary>
internal sealed class BlockMistakes
{
    private const int MostSlips = 2;

    private readonly Dictionary<TunnelId, List<List<Word>>> _tunnels = [];
    private readonly HashSet<(string Mode, string Block)> _blocks = [];

    /// <summary>A line in the builder's current block is wrong.</summary>
    public void Add(string mode, TunnelId tunnel, string block, SourceLine line)
    {
        if (mode != ConfigMode.Tunnel)
        {
            _blocks.Add((mode, block));
            return;
        }
        if (!_tunnels.TryGetValue(tunnel, out List<List<Word>>? lines)) _tunnels[tunnel] = lines = [];
        lines.Add(Word.Split(line.Command));
    }

    /// <summary>True when a line of this <c>crypto</c> block is wrong.</summary>
    public bool In(string mode, string block) => _blocks.Contains((mode, block));

    /// <summary>True when a wrong line of the tunnel is one of these commands, abbreviated or mistyped.</summary>
    public bool In(TunnelId tunnel, params ReadOnlySpan<string> commands)
    {
        if (!_tunnels.TryGetValue(tunnel, out List<List<Word>>? lines)) return false;
        foreach (string command in commands)
        {
            string[] wanted = command.Split(' ');
            if (lines.Exists(words => words.Count >= wanted.Length && !wanted.Where((word, i) => !IsMeant(words[i].Text, word)).Any())) return true;
        }
        return false;
    }

    private static bool IsMeant(string written, string word) =>
        word.StartsWith(written, StringComparison.OrdinalIgnoreCase)
        || Math.Abs(written.Length - word.Length) <= MostSlips && written.Length > MostSlips && ParseErrors.Distance(word, written.ToLowerInvariant()) <= MostSlips;
}
