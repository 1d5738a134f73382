using Dmvpn.Core;

namespace Dmvpn.Management.Grammar;

/// <summary>
/// What a line gave: keywords that were present and values of arguments, each by its name in the pattern. Asking for a
/// value that the line does not have is allowed and gives the fallback; the pattern decides what must be there.
/// </summary>
public sealed class CommandArguments
{
    private readonly List<(Symbol Symbol, ArgumentValue Value, Word Word)> _items;

    internal CommandArguments(List<(Symbol, ArgumentValue, Word)> items) => _items = items;

    /// <summary>True when the keyword, or an argument of that name, is in the line.</summary>
    public bool Has(string name) => Find(name) >= 0;

    /// <summary>How often a keyword alone, or an argument, of that name is in the line.</summary>
    public int Count(string name)
    {
        int values = _items.Count(item => item.Symbol.Name == name && item.Symbol.Argument is not null);
        return values > 0 ? values : _items.Count(item => item.Symbol.Name == name);
    }

    /// <summary>True when an argument, not a keyword, of that name is in the line.</summary>
    public bool HasValue(string name) => FindValue(name) >= 0;

    /// <summary>The text of an argument; an interface in its normal spelling; null when absent.</summary>
    public string? Text(string name) => FindValue(name) is >= 0 and var i ? _items[i].Value.Text : null;

    /// <summary>The value of a number, the length of a mask or the number of a tunnel.</summary>
    public long Number(string name, long otherwise = 0) => FindValue(name) is >= 0 and var i ? _items[i].Value.Number : otherwise;

    /// <summary>An address (of an address with a prefix length: with its host bits); <see cref="IpAddress.None"/> when absent.</summary>
    public IpAddress Address(string name) => FindValue(name) is >= 0 and var i ? _items[i].Value.Address : IpAddress.None;

    /// <summary>A prefix written with its length; null when absent.</summary>
    public IpPrefix? Prefix(string name) => FindValue(name) is >= 0 and var i ? _items[i].Value.Prefix : null;

    /// <summary>Where the word is, from 1, and how long; (0, 0) when absent.</summary>
    public (int Column, int Length) Position(string name)
    {
        int i = FindValue(name);
        if (i < 0) i = Find(name);
        return i < 0 ? (0, 0) : (_items[i].Word.Start + 1, _items[i].Word.Text.Length);
    }

    /// <summary>The line with every keyword in full; secrets as stars.</summary>
    public string Canonical
    {
        get
        {
            List<string> words = [];
            foreach ((Symbol symbol, ArgumentValue value, _) in _items)
                words.Add(symbol.Keyword ?? (symbol.Argument!.Kind == ArgumentKind.Secret ? "********" : value.Text));
            return string.Join(' ', words);
        }
    }

    private int Find(string name) => _items.FindIndex(item => item.Symbol.Name == name);

    private int FindValue(string name) => _items.FindIndex(item => item.Symbol.Argument is not null && item.Symbol.Name == name);
}
