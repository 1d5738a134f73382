using Dmvpn.Management.Api;

namespace Dmvpn.Management.Config;

/// <summary>What a finding means for the file.</summary>
public enum FindingKind
{
    /// <summary>Nothing to do: something was read and left alone.</summary>
    Note,

    /// <summary>The file is taken, but something in it has no effect or is likely not what was meant.</summary>
    Warning,

    /// <summary>The file is refused as a whole.</summary>
    Error,
}

/// <summary>
/// One thing that the reader of a configuration file has to say. The text holds no secret: the source line has been masked.
/// </summary>
public sealed record Finding
{
    /// <summary>Error, warning or note.</summary>
    public required FindingKind Kind { get; init; }

    /// <summary>Line, from 1; every error has one.</summary>
    public required int Line { get; init; }

    /// <summary>Column of the token that is at fault, from 1; 0 when the finding is about the line as a whole.</summary>
    public int Column { get; init; }

    /// <summary>Width of that token, for underlining; at least 1 when <see cref="Column"/> is given.</summary>
    public int Length { get; init; }

    /// <summary>The line itself, secrets masked character for character; empty when <see cref="Line"/> is 0.</summary>
    public string Source { get; init; } = "";

    /// <summary>What is wrong, one sentence without a full stop.</summary>
    public required string Reason { get; init; }

    /// <summary>What to do about it; empty when that is plain.</summary>
    public string Remedy { get; init; } = "";
}

/// <summary>All findings of one file, in the order of its lines.</summary>
public sealed record ConfigReport(IReadOnlyList<Finding> Findings)
{
    /// <summary>The lines without effect, in the order of the file.</summary>
    public IReadOnlyList<PassedOverLine> PassedOver { get; init; } = [];

    /// <summary>What was understood, also of a file that is refused.</summary>
    public UnderstoodConfig Understood { get; init; } = new();

    /// <summary>True when the file is refused.</summary>
    public bool HasErrors => Count(FindingKind.Error) > 0;

    /// <summary>How many findings are of this kind.</summary>
    public int Count(FindingKind kind)
    {
        int count = 0;
        foreach (Finding finding in Findings)
            if (finding.Kind == kind) count++;
        return count;
    }
}
