namespace Dmvpn.Management.Grammar;

/// <summary>One step of a pattern: a keyword, or an argument with the name that the handler asks for.</summary>
internal sealed record Symbol(string? Keyword, Argument? Argument, string Name)
{
    /// <summary>As <c>?</c> prints it.</summary>
    public string Display => Keyword ?? Argument!.Display;
}

/// <summary>
/// A pattern, compiled to a nondeterministic automaton without empty edges.
/// <code>
/// word          keyword            &lt;1-10&gt; A.B.C.D WORD …   argument (see <see cref="Argument"/>)
/// name=TYPE     named argument; without "name=" it takes the name of the keyword before it
/// [a b]         optional           {a | b c}              one of these; [a | b] at most one
/// </code>
/// </summary>
internal sealed class Pattern
{
    private readonly List<List<(Symbol? Symbol, int To)>> _raw = [[]];

    private Pattern(string text) => Text = text;

    /// <summary>As the table has it.</summary>
    public string Text { get; }

    /// <summary>Edges by node; node 0 is the start.</summary>
    public (Symbol Symbol, int To)[][] Edges { get; private set; } = [];

    /// <summary>Nodes at which the command may end.</summary>
    public bool[] Accepts { get; private set; } = [];

    /// <summary>Compiles <paramref name="text"/>; a mistake in it is a bug in the table and throws.</summary>
    public static Pattern Compile(string text)
    {
        var pattern = new Pattern(text);
        List<string> words = Lex(text);
        int at = 0;
        int end = pattern.Alternatives(words, ref at, 0, "");
        if (at != words.Count) throw new FormatException($"pattern '{text}': '{words[at]}' is not expected here");
        pattern.RemoveEmptyEdges(end);
        return pattern;
    }

    /// <summary>
    /// The pattern of the <c>no</c> form that most commands have: the leading keywords are needed, the rest may be left out.
    /// </summary>
    public static string Negation(string pattern)
    {
        List<string> words = Lex(pattern);
        int keywords = 0;
        while (keywords < words.Count && words[keywords][0] is not ('[' or '{') && !words[keywords].Contains('=') && Argument.FromPattern(words[keywords]) is null) keywords++;
        if (keywords == words.Count) return pattern;
        string head = string.Join(' ', words[..keywords]);
        string tail = string.Join(' ', words[keywords..]);
        return $"{head} [{tail}]";
    }

    private static List<string> Lex(string text)
    {
        List<string> words = [];
        foreach (string part in text.Replace("{", " { ").Replace("}", " } ").Replace("[", " [ ").Replace("]", " ] ").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            words.Add(part);
        return words;
    }

    private int NewNode()
    {
        _raw.Add([]);
        return _raw.Count - 1;
    }

    private int Alternatives(List<string> words, ref int at, int from, string keyword)
    {
        int end = NewNode();
        while (true)
        {
            int to = Sequence(words, ref at, from, keyword);
            _raw[to].Add((null, end));
            if (at == words.Count || words[at] != "|") return end;
            at++;
        }
    }

    private int Sequence(List<string> words, ref int at, int from, string keyword)
    {
        while (at < words.Count && words[at] is not ("|" or "]" or "}"))
        {
            string word = words[at++];
            if (word is "[" or "{")
            {
                int end = Alternatives(words, ref at, from, keyword);
                string close = word == "[" ? "]" : "}";
                if (at == words.Count || words[at++] != close) throw new FormatException($"pattern '{Text}': '{close}' is missing");
                if (word == "[") _raw[from].Add((null, end));
                from = end;
                continue;
            }
            int equals = word.IndexOf('=');
            Argument? argument = Argument.FromPattern(equals < 0 ? word : word[(equals + 1)..]);
            int to = NewNode();
            if (argument is null) keyword = word;
            string name = argument is null ? word : equals < 0 ? keyword : word[..equals];
            _raw[from].Add((new(argument is null ? word : null, argument, name), to));
            from = to;
        }
        return from;
    }

    private void RemoveEmptyEdges(int end)
    {
        Edges = new (Symbol, int)[_raw.Count][];
        Accepts = new bool[_raw.Count];
        for (int node = 0; node < _raw.Count; node++)
        {
            List<(Symbol, int)> edges = [];
            HashSet<int> seen = [];
            Visit(node, seen, edges);
            Edges[node] = [.. edges];
            Accepts[node] = seen.Contains(end);
        }

        void Visit(int node, HashSet<int> seen, List<(Symbol, int)> edges)
        {
            if (!seen.Add(node)) return;
            foreach ((Symbol? symbol, int to) in _raw[node])
            {
                if (symbol is null) Visit(to, seen, edges);
                else edges.Add((symbol, to));
            }
        }
    }
}
