using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dmvpn.Management.Api;

namespace Dmvpn.Cli.Exec;

/// <summary>What an EXEC line asks for.</summary>
internal abstract record ExecAction;

/// <summary>A screen: JSON fetched from the daemon, and the text that shows the same.</summary>
/// <param name="Path">Path and query.</param>
/// <param name="Render">JSON to text.</param>
internal sealed record ShowAction(string Path, Func<byte[], string> Render) : ExecAction
{
    /// <summary>A screen of the record at a path.</summary>
    public static ShowAction Of<T>(string path, ScreenQuery query, JsonTypeInfo<T> type, Func<T, string> render) =>
        new(path + query.ToQueryString(), json => render(Client.ControlClient.Read(json, type)));
}

/// <summary>A command that changes something in the daemon.</summary>
/// <param name="Path">Path.</param>
/// <param name="Body">JSON; null for none.</param>
/// <param name="Render">The answer's JSON to text, and whether it was a success.</param>
internal sealed record PostAction(string Path, byte[]? Body, Func<byte[], (string Text, bool Success)> Render) : ExecAction
{
    /// <summary>A command that answers with <see cref="CommandResult"/>.</summary>
    public static PostAction Of<T>(string path, T request, JsonTypeInfo<T> type) =>
        new(path, JsonSerializer.SerializeToUtf8Bytes(request, type), Result);

    /// <summary>A command without a body.</summary>
    public static PostAction Of(string path) => new(path, null, Result);

    private static (string Text, bool Success) Result(byte[] json)
    {
        string message = Client.ControlClient.Read(json, ApiJson.Default.CommandResult).Message;
        return (message.Length == 0 ? "" : message + "\n", true);
    }
}

/// <summary>A live stream.</summary>
/// <param name="Path">Path and query.</param>
internal sealed record DebugAction(string Path) : ExecAction;

/// <summary>A text that needs no daemon.</summary>
/// <param name="Text">The text.</param>
internal sealed record TextAction(string Text) : ExecAction;

/// <summary><c>exit</c>.</summary>
internal sealed record LeaveAction : ExecAction;

/// <summary><c>show history</c>: the shell knows it.</summary>
internal sealed record HistoryAction : ExecAction;
