using Dmvpn.Ike;

namespace Dmvpn.Management.Config;

/// <summary>The <c>crypto</c> blocks of a file while it is being read, with the lines that they came from.</summary>
internal sealed class CryptoBuilder
{
    private readonly Dictionary<string, (object Blocks, Func<IkeConfig, IkeConfig> Merge)> _kinds = [];
    private readonly Dictionary<string, KeyedList<string, Ikev2KeyringPeer>> _peers = [];
    private readonly Dictionary<(string Mode, string Name), List<(string Words, SourceLine Line)>> _lines = [];

    /// <summary>The blocks of one kind, by name.</summary>
    public KeyedList<string, T> Blocks<T>(CryptoBlock<T> kind)
        where T : class
    {
        if (_kinds.TryGetValue(kind.Mode, out var known)) return (KeyedList<string, T>)known.Blocks;
        var blocks = new KeyedList<string, T>();
        _kinds[kind.Mode] = (blocks, config => kind.Put(config, [.. blocks.Items.Select(block => kind.Finish(this, block))]));
        return blocks;
    }

    /// <summary>The peers of a keyring, by name.</summary>
    public KeyedList<string, Ikev2KeyringPeer> Peers(string keyring)
    {
        if (!_peers.TryGetValue(keyring, out KeyedList<string, Ikev2KeyringPeer>? peers)) _peers[keyring] = peers = new();
        return peers;
    }

    /// <summary>Forgets the peers of a keyring that is removed.</summary>
    public void RemovePeers(string keyring) => _peers.Remove(keyring);

    /// <summary>Remembers a line of a block; no words: the line that opens it.</summary>
    public void Remember(string mode, string name, string words, SourceLine line)
    {
        if (!_lines.TryGetValue((mode, name), out var lines)) _lines[(mode, name)] = lines = [];
        lines.Add((words, line));
    }

    /// <summary>The last line of a block that begins with these words in full; the line that opens the block when there is none.</summary>
    public SourceLine LineOf(string mode, string name, string words)
    {
        List<(string Words, SourceLine Line)> lines = _lines[(mode, name)];
        SourceLine opening = lines.FindLast(line => line.Words.Length == 0).Line;
        if (words.Length == 0) return opening;
        return lines.FindLast(line => ConfigBuilder.BeginsWith(line.Words, words)).Line ?? opening;
    }

    /// <summary>The settings with all blocks.</summary>
    public IkeConfig Build(IkeConfig settings)
    {
        foreach ((_, Func<IkeConfig, IkeConfig> merge) in _kinds.Values) settings = merge(settings);
        return settings;
    }
}
