namespace Dmvpn.Management.Grammar;

/// <summary>
/// One row of a grammar: in which mode, written how, meaning what. The engine knows nothing of <typeparamref name="T"/>:
/// the configuration puts setters and writers there, the shell its show commands.
/// </summary>
/// <param name="Mode">The mode that the row belongs to; any name that the owner of the grammar chooses.</param>
/// <param name="Pattern">
/// The command: keywords, <c>{one | of}</c>, <c>[optional]</c>, arguments <c>A.B.C.D</c>, <c>MASK</c>, <c>A.B.C.D/nn</c>,
/// <c>X:X::X</c>, <c>X:X::X/nn</c>, <c>&lt;1-10&gt;</c>, <c>TUNNEL</c>, <c>IFNAME</c>, <c>FQDN</c>, <c>WORD</c>, <c>WORD(1-8)</c>,
/// <c>SECRET(1-8)</c>, <c>LINE</c> (the rest). An argument's name is <c>name=TYPE</c>, or the keyword before it.
/// </param>
/// <param name="Command">What the row means to the grammar's owner.</param>
public sealed record CommandRow<T>(string Mode, string Pattern, T Command)
{
    /// <summary>
    /// What may follow <c>no</c> and <c>default</c>; null when the command has no such form.
    /// <see cref="CommandGrammar{T}.Negation"/> makes the usual one.
    /// </summary>
    public string? NoPattern { get; init; }

    /// <summary>A row that is understood when written in full, and shows neither in <c>?</c> nor in completion nor as an abbreviation.</summary>
    public bool IsHidden { get; init; }

    /// <summary>A row whose words IOS does not have: an abbreviation that fits one of IOS's words too means that one.</summary>
    public bool GivesWay { get; init; }
}
