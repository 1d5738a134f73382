using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>
/// The configuration's grammar: one table, put together here. It drives reading, errors, <c>?</c>, completion, the reference in
/// docs/configuration.md and <c>show running-config</c>.
/// </summary>
public static class ConfigGrammar
{
    private static readonly ConfigRow[] Table =
    [
        .. GlobalRows.Head(), .. CryptoGlobalRows.All(), .. TunnelRows.All(), .. LinuxInterfaceRows.All(), .. GlobalRows.Tail(), .. ForeignRows.All(),
    ];

    /// <summary>The rows, in the order in which they are printed.</summary>
    internal static IReadOnlyList<ConfigRow> Rows => Table;

    /// <summary>The compiled table.</summary>
    internal static CommandGrammar<ConfigRow> Commands { get; } = new(Table.Select(row => row.ToCommandRow()), ConfigWords.Vocabulary);

    /// <summary>What <c>?</c> shows after <paramref name="partial"/> in <paramref name="mode"/>, one of <see cref="ConfigMode"/>.</summary>
    public static IReadOnlyList<Completion> Complete(string mode, string partial) => Commands.Complete(mode, partial);

    /// <summary>What TAB makes of <paramref name="partial"/>.</summary>
    public static string CompleteWord(string mode, string partial) => Commands.CompleteWord(mode, partial);
}
