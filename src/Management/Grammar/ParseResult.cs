namespace Dmvpn.Management.Grammar;

/// <summary>How a command was introduced.</summary>
public enum Negation
{
    /// <summary>As it is.</summary>
    None,

    /// <summary>By <c>no</c>: remove or switch off.</summary>
    No,

    /// <summary>By <c>default</c>: back to the default.</summary>
    Default,
}

/// <summary>Why a line is no command.</summary>
public enum ParseErrorKind
{
    /// <summary>A word that fits nowhere: IOS's "Invalid input detected at '^' marker".</summary>
    Invalid,

    /// <summary>The line ends too early: IOS's "Incomplete command".</summary>
    Incomplete,

    /// <summary>A word that abbreviates several keywords: IOS's "Ambiguous command".</summary>
    Ambiguous,
}

/// <summary>Where and why a line is no command. The texts hold no secrets.</summary>
/// <param name="Kind">The three of IOS.</param>
/// <param name="Column">Column of the word at fault, from 1; just past the end for an incomplete line.</param>
/// <param name="Length">Its length, at least 1.</param>
/// <param name="Depth">How many words were understood before it.</param>
/// <param name="Reason">What is wrong.</param>
/// <param name="Remedy">What would be right; may be empty.</param>
public sealed record ParseError(ParseErrorKind Kind, int Column, int Length, int Depth, string Reason, string Remedy);

/// <summary>A line, understood or not.</summary>
/// <param name="Row">The row that matched; null when <paramref name="Error"/> is set.</param>
/// <param name="Arguments">What the line gave.</param>
/// <param name="Negation"><c>no</c>, <c>default</c> or neither.</param>
/// <param name="Error">Why not.</param>
public sealed record ParseResult<T>(CommandRow<T>? Row, CommandArguments Arguments, Negation Negation, ParseError? Error);

/// <summary>One line of <c>?</c>.</summary>
/// <param name="Token">A keyword, an argument like <c>A.B.C.D</c>, or <c>&lt;cr&gt;</c>.</param>
/// <param name="Help">What it is.</param>
/// <param name="IsKeyword">True when TAB may insert it.</param>
public sealed record Completion(string Token, string Help, bool IsKeyword);
