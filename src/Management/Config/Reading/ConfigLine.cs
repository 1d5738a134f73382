using Dmvpn.Core;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>One understood line as a row's handler sees it: what it gave, and where to complain.</summary>
internal sealed class ConfigLine(CommandArguments arguments, SourceLine source, List<Finding> findings, bool isNegated = false)
{
    /// <summary>True behind <c>no</c> or <c>default</c>.</summary>
    public bool IsNegated => isNegated;

    public CommandArguments Arguments => arguments;

    public SourceLine Source => source;

    public bool Has(string name) => arguments.Has(name);

    public bool HasValue(string name) => arguments.HasValue(name);

    public string? Text(string name) => arguments.Text(name);

    public int Number(string name, int otherwise = 0) => (int)arguments.Number(name, otherwise);

    public uint UInt32(string name, uint otherwise = 0) => (uint)arguments.Number(name, otherwise);

    public byte Byte(string name, byte otherwise = 0) => (byte)arguments.Number(name, otherwise);

    public TimeSpan Seconds(string name) => TimeSpan.FromSeconds(arguments.Number(name));

    public IpAddress Address(string name) => arguments.Address(name);

    /// <summary>A prefix given as address and mask, as address/length, or as a bare address (a host).</summary>
    public IpPrefix Prefix(string name, string mask)
    {
        if (arguments.Prefix(name) is { } prefix) return prefix;
        IpAddress address = arguments.Address(name);
        return HasValue(mask) ? new(address, Number(mask)) : IpPrefix.Host(address);
    }

    /// <summary>Refuses the file because of the argument (or keyword) <paramref name="name"/>.</summary>
    public void Refuse(string name, string reason, string remedy = "") => Add(FindingKind.Error, name, reason, remedy);

    /// <summary>The same because of one word of a <c>LINE</c> argument.</summary>
    public void RefuseWord(string name, string word, string reason, string remedy)
    {
        (int column, int length) = arguments.Position(name);
        int at = column == 0 ? -1 : (" " + Text(name) + " ").IndexOf($" {word} ", StringComparison.Ordinal);
        findings.Add(at < 0 ? source.Finding(FindingKind.Error, column, length, reason, remedy) : source.Finding(FindingKind.Error, column + at, word.Length, reason, remedy));
    }

    /// <summary>Takes the file, and says that this line is not all that it seems.</summary>
    public void Warn(string name, string reason, string remedy = "") => Add(FindingKind.Warning, name, reason, remedy);

    /// <summary>Says something harmless.</summary>
    public void Note(string reason, string remedy = "") => Add(FindingKind.Note, "", reason, remedy);

    private void Add(FindingKind kind, string name, string reason, string remedy)
    {
        (int column, int length) = arguments.Position(name);
        findings.Add(source.Finding(kind, column, length, reason, remedy));
    }
}
