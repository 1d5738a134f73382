using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Dmvpn.Management.Api;

/// <summary>The JSON body of a request, or why it is none.</summary>
/// <param name="Value">The request; null when <paramref name="Error"/> says why.</param>
/// <param name="Error">What is wrong, for the client; empty with a value.</param>
public sealed record ApiRequest<T>(T? Value, string Error)
    where T : class
{
    /// <summary>Reads a body. Never throws on any bytes.</summary>
    /// <param name="body">The bytes.</param>
    /// <param name="type">How the request looks.</param>
    /// <param name="none">What an empty body stands for; null refuses it.</param>
    public static ApiRequest<T> Read(ReadOnlySpan<byte> body, JsonTypeInfo<T> type, T? none = null)
    {
        if (body.IsEmpty) return none is null ? new(null, "the request has no body") : new(none, "");
        try
        {
            return JsonSerializer.Deserialize(body, type) is { } value ? new(value, "") : new(null, "the request has no body");
        }
        catch (JsonException e)
        {
            return new(null, $"the request is not the JSON that is expected: {e.Message}");
        }
    }
}
