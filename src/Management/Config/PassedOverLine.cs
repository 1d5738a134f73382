namespace Dmvpn.Management.Config;

/// <summary>A line of the file that was read and has no effect here.</summary>
/// <param name="Line">Number, from 1.</param>
/// <param name="Text">The line without its indentation; secrets are masked.</param>
/// <param name="Reason">Why it has no effect, one sentence without a full stop.</param>
/// <param name="Group">The kind of line: "SNMP", "logins"…</param>
public sealed record PassedOverLine(int Line, string Text, string Reason, string Group)
{
    /// <summary>The reason of lines that no DMVPN router depends on.</summary>
    public const string NoConcern = "it does not concern a DMVPN router";
}
