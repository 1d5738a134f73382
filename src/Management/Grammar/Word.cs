namespace Dmvpn.Management.Grammar;

/// <summary>One word of a line with where it starts (from 0), so that an error can point at it.</summary>
internal readonly record struct Word(string Text, int Start)
{
    /// <summary>The words of <paramref name="line"/>, split at blanks and tabs.</summary>
    public static List<Word> Split(string line)
    {
        List<Word> words = [];
        int i = 0;
        while (true)
        {
            while (i < line.Length && char.IsWhiteSpace(line[i])) i++;
            if (i == line.Length) return words;
            int start = i;
            while (i < line.Length && !char.IsWhiteSpace(line[i])) i++;
            words.Add(new(line[start..i], start));
        }
    }
}
