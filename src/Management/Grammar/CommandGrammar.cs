namespace Dmvpn.Management.Grammar;

/// <summary>
/// A grammar as a table of rows, and the three things that are done with it: parse a line with IOS's abbreviations, say what
/// may come next (<c>?</c>), complete a word (TAB). All rows of a mode run side by side as automata, word by word:
/// a word is a keyword written in full, else an abbreviation of exactly one keyword, else an argument.
/// Immutable after construction and safe to share.
/// </summary>
public sealed class CommandGrammar<T>
{
    private readonly Dictionary<string, Starts> _positive = [];
    private readonly Dictionary<string, Starts> _negative = [];
    private readonly Vocabulary _words;

    /// <summary>Compiles the table. A mistake in a pattern throws: it is a bug, found by the first test.</summary>
    public CommandGrammar(IEnumerable<CommandRow<T>> rows, Vocabulary words)
    {
        _words = words;
        List<CommandRow<T>> all = [.. rows];
        Rows = all;
        foreach (CommandRow<T> row in all)
        {
            Put(_positive, row, row.Pattern);
            if (row.NoPattern is not null) Put(_negative, row, row.NoPattern);
        }

        static void Put(Dictionary<string, Starts> by, CommandRow<T> row, string pattern)
        {
            if (!by.TryGetValue(row.Mode, out Starts? starts)) by[row.Mode] = starts = new();
            starts.Add(new(new(row, Pattern.Compile(pattern)), 0, null, default, default, null, 0));
        }
    }

    /// <summary>The table, in its order.</summary>
    public IReadOnlyList<CommandRow<T>> Rows { get; }

    /// <summary>The usual <see cref="CommandRow{T}.NoPattern"/>: the leading keywords, and the rest may be left out.</summary>
    public static string Negation(string pattern) => Pattern.Negation(pattern);

    /// <summary>Reads one line in <paramref name="mode"/>. A line without any word is an incomplete command.</summary>
    public ParseResult<T> Parse(string mode, string line) => Parse(mode, line, explain: true);

    /// <summary>Like <see cref="Parse(string, string)"/>, but an error has no texts: for trying, because finding the right words costs far more than finding the error.</summary>
    internal ParseResult<T> Try(string mode, string line) => Parse(mode, line, explain: false);

    /// <summary>
    /// Like <see cref="Try"/>, and rows that do not show are found by abbreviations too: three letters of the first word, two of the others.
    /// Several that fit are no error: the first of the table is taken.
    /// </summary>
    internal ParseResult<T> TryLoosely(string mode, string line) => Parse(mode, line, explain: false, loosely: true);

    private ParseResult<T> Parse(string mode, string line, bool explain, bool loosely = false)
    {
        List<Word> words = Word.Split(line);
        Walk walk = Start(mode, words);
        walk.Explain = explain;
        walk.Loosely = loosely;
        while (walk.Error is null && walk.Next < words.Count) Step(walk, words, line);
        if (walk.Error is null)
        {
            foreach (Thread thread in walk.Threads)
                if (thread.Automaton.Pattern.Accepts[thread.Node])
                    return new(thread.Automaton.Row, Arguments(thread), walk.Negation, null);
            walk.Error = ParseErrors.Incomplete(explain ? walk.Symbols() : [], walk.Next, line);
        }
        return new(null, new([]), walk.Negation, walk.Error);
    }

    /// <summary>
    /// What may stand at the end of <paramref name="partial"/>: the words that begin with its last word, or after a blank all
    /// that may follow, with <c>&lt;cr&gt;</c> when the command may end there. Empty when the line is wrong before that.
    /// </summary>
    public IReadOnlyList<Completion> Complete(string mode, string partial)
    {
        List<Word> words = Word.Split(partial);
        string last = "";
        if (words.Count > 0 && !char.IsWhiteSpace(partial[^1]))
        {
            last = words[^1].Text;
            words.RemoveAt(words.Count - 1);
        }
        Walk walk = Start(mode, words);
        while (walk.Error is null && walk.Next < words.Count) Step(walk, words, partial);
        if (walk.Error is not null) return [];

        var found = new SortedDictionary<string, Completion>(StringComparer.Ordinal);
        bool mayEnd = false;
        foreach (Thread thread in walk.Threads)
        {
            if (thread.Automaton.Row.IsHidden) continue;
            mayEnd |= thread.Automaton.Pattern.Accepts[thread.Node] && thread.Depth > 0;
            foreach ((Symbol symbol, _) in thread.Automaton.Pattern.Edges[thread.Node])
            {
                if (symbol.Keyword is { } keyword ? !keyword.StartsWith(last, StringComparison.OrdinalIgnoreCase) : !symbol.Argument!.CouldBecome(last)) continue;
                found.TryAdd(symbol.Display, new(symbol.Display, _words.Help(thread.Path(), symbol.Display), symbol.Keyword is not null));
            }
        }
        if (walk.Negation == Grammar.Negation.None && words.Count == 0 && _negative.ContainsKey(mode))
        {
            foreach (string word in (string[])["default", "no"])
                if (word.StartsWith(last, StringComparison.OrdinalIgnoreCase)) found.TryAdd(word, new(word, _words.Help([], word), true));
        }
        List<Completion> all = [.. found.Values];
        if (mayEnd && last.Length == 0) all.Add(new("<cr>", "", false));
        return all;
    }

    /// <summary>TAB: the line with its last word completed as far as that is certain, and a blank behind it when it is whole.</summary>
    public string CompleteWord(string mode, string partial)
    {
        if (partial.Length == 0 || char.IsWhiteSpace(partial[^1])) return partial;
        string[] keywords = [.. Complete(mode, partial).Where(c => c.IsKeyword).Select(c => c.Token)];
        if (keywords.Length == 0) return partial;
        int start = partial.LastIndexOfAny([' ', '\t']) + 1;
        string last = partial[start..];
        foreach (string keyword in keywords)
            if (keyword.Equals(last, StringComparison.OrdinalIgnoreCase)) return partial[..start] + keyword + " ";
        string common = keywords[0];
        foreach (string keyword in keywords)
        {
            int same = 0;
            while (same < common.Length && same < keyword.Length && common[same] == keyword[same]) same++;
            common = common[..same];
        }
        return partial[..start] + common + (keywords.Length == 1 ? " " : "");
    }

    private Walk Start(string mode, List<Word> words)
    {
        var walk = new Walk();
        Dictionary<string, Starts> table = _positive;
        if (words.Count > 0 && _negative.ContainsKey(mode))
        {
            string first = words[0].Text;
            if (first.Equals("no", StringComparison.OrdinalIgnoreCase)) walk.Negation = Grammar.Negation.No;
            else if (first.Length >= 3 && "default".StartsWith(first, StringComparison.OrdinalIgnoreCase)) walk.Negation = Grammar.Negation.Default;
            if (walk.Negation != Grammar.Negation.None)
            {
                table = _negative;
                walk.Next = 1;
            }
        }
        if (table.TryGetValue(mode, out Starts? starts)) (walk.Threads, walk.Starts) = (starts.All, starts);
        return walk;
    }

    /// <summary>Takes one word (an interface name may be two) on all threads at once.</summary>
    private static void Step(Walk walk, List<Word> words, string line)
    {
        Word word = words[walk.Next];
        int used = 1;
        if (walk.Next + 1 < words.Count && InterfaceNames.AreHalves(word.Text, words[walk.Next + 1].Text) && walk.Expects(s => s.Argument?.Kind is ArgumentKind.Tunnel or ArgumentKind.Interface))
        {
            Word half = words[walk.Next + 1];
            word = new(InterfaceNames.Join(word.Text, half.Text), word.Start);
            used = 2;
        }
        List<(int Rank, Thread Thread)> next = [];
        SortedSet<string>? abbreviated = null;
        bool exact = false, argued = false;
        foreach (Thread thread in walk.Starts?.Beginning(word.Text[0]) ?? walk.Threads)
        {
            foreach ((Symbol symbol, int to) in thread.Automaton.Pattern.Edges[thread.Node])
            {
                if (symbol.Keyword is { } keyword)
                {
                    bool same = keyword.Equals(word.Text, StringComparison.OrdinalIgnoreCase);
                    if (!same && (thread.Automaton.Row.IsHidden && !walk.MayAbbreviate(word.Text) || !keyword.StartsWith(word.Text, StringComparison.OrdinalIgnoreCase))) continue;
                    exact |= same;
                    if (!same) (abbreviated ??= new(StringComparer.Ordinal)).Add(keyword);
                    next.Add((same ? 0 : 1, thread.To(to, symbol, new() { Text = keyword }, word)));
                    continue;
                }
                Argument argument = symbol.Argument!;
                string text = argument.Kind == ArgumentKind.Line ? line[word.Start..].TrimEnd() : word.Text;
                if (!argument.TryMatch(text, out ArgumentValue value)) continue;
                argued = true;
                next.Add((2 + (int)argument.Kind, thread.To(to, symbol, value, argument.Kind == ArgumentKind.Line ? new(text, word.Start) : word)));
            }
        }
        if (!exact && abbreviated?.Count > 1) GiveWay(next, abbreviated);
        if (!exact && abbreviated?.Count > 1 && !argued && !walk.Loosely)
        {
            walk.Error = new(ParseErrorKind.Ambiguous, word.Start + 1, word.Text.Length, walk.Next,
                $"'{Redaction.Mask(line).Substring(word.Start, word.Text.Length)}' is ambiguous", "It may be " + string.Join(", ", abbreviated));
            return;
        }
        if (exact || abbreviated?.Count > 1 && !walk.Loosely) next.RemoveAll(n => n.Rank == 1);
        if (next.Count == 0)
        {
            Word wrong = words[walk.Next];
            walk.Error = walk.Explain ? ParseErrors.Invalid(walk.Symbols(), wrong, walk.Next, line) : new(ParseErrorKind.Invalid, wrong.Start + 1, wrong.Text.Length, walk.Next, "", "");
            return;
        }
        // A stable order: better matches first, then the order of the table.
        List<Thread> threads = next.Count == 1 ? [next[0].Thread] : [.. next.OrderBy(n => n.Rank).Select(n => n.Thread)];
        bool takesLine = threads[0].TakesLine;
        threads.RemoveAll(thread => thread.TakesLine != takesLine);
        (walk.Threads, walk.Starts) = (threads, null);
        walk.Next = takesLine ? words.Count : walk.Next + used;
    }

    /// <summary>What IOS abbreviates stays an abbreviation: a word that IOS does not have gives way to one that it has.</summary>
    private static void GiveWay(List<(int Rank, Thread Thread)> next, SortedSet<string> abbreviated)
    {
        if (next.TrueForAll(n => n.Rank != 1 || n.Thread.Automaton.Row.GivesWay)) return;
        next.RemoveAll(n => n.Rank == 1 && n.Thread.Automaton.Row.GivesWay);
        abbreviated.Clear();
        foreach ((int rank, Thread thread) in next)
            if (rank == 1) abbreviated.Add(thread.Symbol!.Keyword!);
    }

    private static CommandArguments Arguments(Thread thread)
    {
        List<(Symbol, ArgumentValue, Word)> items = [];
        for (Thread? at = thread; at?.Symbol is not null; at = at.Before) items.Add((at.Symbol, at.Value, at.Word));
        items.Reverse();
        return new(items);
    }

    private sealed record Automaton(CommandRow<T> Row, Pattern Pattern);

    /// <summary>One automaton at one node, with what it took to come there as a list backwards.</summary>
    private sealed record Thread(Automaton Automaton, int Node, Symbol? Symbol, ArgumentValue Value, Word Word, Thread? Before, int Depth)
    {
        public bool TakesLine => Symbol?.Argument?.Kind == ArgumentKind.Line;

        public Thread To(int node, Symbol symbol, ArgumentValue value, Word word) => new(Automaton, node, symbol, value, word, this, Depth + 1);

        public List<string> Path()
        {
            List<string> path = [];
            for (Thread? at = this; at?.Symbol is not null; at = at.Before)
                if (at.Symbol.Keyword is { } keyword) path.Insert(0, keyword);
            return path;
        }
    }

    /// <summary>The rows of a mode, and which of them a first word may belong to: without that every line would be held against every row.</summary>
    private sealed class Starts
    {
        private readonly List<Thread>[] _byLetter = [.. Enumerable.Range(0, 128).Select(_ => new List<Thread>())];

        /// <summary>Rows that begin with an argument, for a letter of no keyword.</summary>
        private readonly List<Thread> _arguments = [];

        public List<Thread> All { get; } = [];

        public void Add(Thread thread)
        {
            All.Add(thread);
            (Symbol Symbol, int To)[] edges = thread.Automaton.Pattern.Edges[0];
            bool isArgument = Array.Exists(edges, edge => edge.Symbol.Keyword is null);
            if (isArgument) _arguments.Add(thread);
            for (int letter = 0; letter < _byLetter.Length; letter++)
                if (isArgument || Array.Exists(edges, edge => Lower(edge.Symbol.Keyword![0]) == letter)) _byLetter[letter].Add(thread);
        }

        /// <summary>Those whose first word may begin with <paramref name="letter"/>, in the order of the table.</summary>
        public List<Thread> Beginning(char letter) => letter < 128 ? _byLetter[Lower(letter)] : _arguments;

        private static int Lower(char letter) => char.IsAsciiLetterUpper(letter) ? letter | 0x20 : letter;
    }

    private sealed class Walk
    {
        /// <summary>The rows by letters while no word was taken yet.</summary>
        public Starts? Starts { get; set; }

        /// <summary>Those still in the race; at the start the table's own list, which is not to be changed.</summary>
        public List<Thread> Threads { get; set; } = [];

        public Negation Negation { get; set; }

        public int Next { get; set; }

        public bool Explain { get; set; }

        public bool Loosely { get; set; }

        /// <summary>Whether <paramref name="text"/> is long enough to abbreviate a word of a row that does not show.</summary>
        public bool MayAbbreviate(string text) => Loosely && text.Length >= (Next == 0 ? 3 : 2);

        public ParseError? Error { get; set; }

        public bool Expects(Predicate<Symbol> what) =>
            Threads.Exists(thread => Array.Exists(thread.Automaton.Pattern.Edges[thread.Node], edge => what(edge.Symbol)));

        /// <summary>What could come next in rows that show, or, when only hidden rows are left, in those.</summary>
        public List<Symbol> Symbols()
        {
            List<Symbol> symbols = [], hidden = [];
            foreach (Thread thread in Threads)
                foreach ((Symbol symbol, _) in thread.Automaton.Pattern.Edges[thread.Node])
                    (thread.Automaton.Row.IsHidden ? hidden : symbols).Add(symbol);
            return symbols.Count > 0 ? symbols : hidden;
        }
    }
}
