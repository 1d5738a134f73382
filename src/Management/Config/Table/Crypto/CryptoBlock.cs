using Dmvpn.Core;
using Dmvpn.Ike;

namespace Dmvpn.Management.Config;

/// <summary>
/// A kind of named block under <c>crypto</c>: where it is kept, and how one is made. Rows in such a block change the one that was entered last.
/// </summary>
/// <param name="Mode">The mode of its lines.</param>
/// <param name="Get">All blocks of the kind.</param>
/// <param name="Put">The configuration with other ones.</param>
/// <param name="Name">A block's name.</param>
/// <param name="Make">A new block of this name.</param>
internal sealed record CryptoBlock<T>(
    string Mode, Func<IkeConfig, ValueList<T>> Get, Func<IkeConfig, ValueList<T>, IkeConfig> Put, Func<T, string> Name, Func<string, T> Make)
    where T : class
{
    /// <summary>What is put into a block when the whole file is read.</summary>
    public Func<CryptoBuilder, T, T> Finish { get; init; } = (_, block) => block;

    /// <summary>The block that the builder is in.</summary>
    public T Current(ConfigBuilder builder) => builder.Crypto.Blocks(this).Find(builder.CurrentBlock)!;

    /// <summary>Makes the block, or comes back to it.</summary>
    public void Enter(ConfigBuilder builder, ConfigLine line, string name)
    {
        KeyedList<string, T> all = builder.Crypto.Blocks(this);
        if (all.Find(name) is null) all.Set(name, Make(name));
        builder.CurrentBlock = name;
        builder.Mode = Mode;
        builder.Crypto.Remember(Mode, name, "", line.Source);
    }

    /// <summary>Changes the block that the builder is in.</summary>
    public void Change(ConfigBuilder builder, ConfigLine line, Func<T, T> change)
    {
        Remember(builder, line);
        KeyedList<string, T> all = builder.Crypto.Blocks(this);
        if (all.Find(builder.CurrentBlock) is { } block) all.Set(builder.CurrentBlock, change(block));
    }

    /// <summary>Remembers where a line of the block is that the builder is in.</summary>
    public void Remember(ConfigBuilder builder, ConfigLine line) => builder.Crypto.Remember(Mode, builder.CurrentBlock, line.Arguments.Canonical, line.Source);

    /// <summary>The row that opens such a block.</summary>
    public ConfigRow Opening(string words, string summary, Func<T, IEnumerable<string>> lines, string defaultText = "") => new(ConfigMode.Global, $"{words} name=WORD(1-127)", summary)
    {
        DefaultText = defaultText,
        Apply = (b, l) => Enter(b, l, l.Text("name")!),
        No = (b, l) => Remove(b, l.Text("name")!),
        NoPattern = $"{words} name=WORD(1-127)",
        WriteRouter = r => Get(r.Crypto).SelectMany(block => Printed($"{words} {Name(block)}", lines(block))),
    };

    /// <summary>A block as IOS prints it, with the line that it puts behind each.</summary>
    public static IEnumerable<string> Printed(string head, IEnumerable<string> lines) => [head, .. lines.Select(line => " " + line), "!"];

    /// <summary><c>no</c> of the whole block.</summary>
    public void Remove(ConfigBuilder builder, string name)
    {
        builder.Crypto.Blocks(this).Remove(name);
        if (Mode == ConfigMode.Ikev2Keyring) builder.Crypto.RemovePeers(name);
    }

    /// <summary>A row within such a block.</summary>
    public ConfigRow Row(string pattern, string summary, string defaultText, Func<T, ConfigLine, T> set, Func<T, ConfigLine, T> no, string? noPattern = null) => new(Mode, pattern, summary)
    {
        DefaultText = defaultText,
        Apply = (b, l) => Change(b, l, block => set(block, l)),
        No = (b, l) => Change(b, l, block => no(block, l)),
        NoPattern = noPattern,
    };

    /// <summary><c>exit</c> and <c>end</c>.</summary>
    public IEnumerable<ConfigRow> Leaving(string to = ConfigMode.Global)
    {
        yield return new(Mode, "exit", "Leave this block") { Apply = (b, _) => b.Mode = to };
        yield return new(Mode, "end", "The configuration ends here") { Apply = (b, _) => b.Mode = ConfigMode.Global };
    }
}
