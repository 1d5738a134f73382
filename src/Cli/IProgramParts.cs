using System.CommandLine;

namespace Dmvpn.Cli;

/// <summary>What the command line sets to work; tests replace it.</summary>
internal interface IProgramParts
{
    /// <summary>Standard output.</summary>
    TextWriter Output { get; }

    /// <summary>Standard error.</summary>
    TextWriter Error { get; }

    /// <summary>Whether messages may have colours.</summary>
    bool Color { get; set; }

    /// <summary>Commands of other parts of the program (<c>dissect</c>).</summary>
    IEnumerable<Command> MoreCommands { get; }

    /// <summary><c>run</c>.</summary>
    Task<int> RunDaemonAsync(RunRequest request, CancellationToken cancel);

    /// <summary><c>check</c>.</summary>
    Task<int> CheckAsync(CheckFileRequest request, CancellationToken cancel);

    /// <summary>An EXEC line.</summary>
    Task<int> ExecAsync(ExecRequest request, CancellationToken cancel);

    /// <summary><c>shell</c>.</summary>
    Task<int> ShellAsync(string socket, bool json, CancellationToken cancel);

    /// <summary><c>top</c>.</summary>
    Task<int> TopAsync(string socket, TimeSpan period, CancellationToken cancel);
}

/// <summary>
/// What <c>run</c> was asked for; <paramref name="LogLevel"/> null leaves it to the configuration, <paramref name="LogFormat"/> "auto" to the surroundings; <paramref name="KeyLog"/> null
/// keeps the keys secret, <paramref name="StateFile"/> null has the secrets beside the socket.
/// </summary>
internal sealed record RunRequest(string File, string Socket, string? LogLevel, string LogFormat, string? KeyLog = null, string? StateFile = null);

/// <summary>What <c>check</c> was asked for: the file, JSON or text, and whether the text lists the lines without effect.</summary>
internal sealed record CheckFileRequest(string File, bool Json, bool PassedOver);

/// <summary>An EXEC line and how its result is wanted; <paramref name="Watch"/> null shows it once.</summary>
internal sealed record ExecRequest(string Line, string Socket, bool Json, TimeSpan? Watch);
