using System.Text.Json;
using System.Text.Json.Serialization;
using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary>
/// All text of the API: much of it is what strangers chose (names, identities, subjects of certificates). It becomes one line
/// here, so that every screen and every program that reads the API is safe from it.
/// </summary>
internal sealed class PrintableTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(PrintableText.Escape(value));

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString()!;

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(PrintableText.Escape(value));
}

/// <summary>Text of several lines.</summary>
internal sealed class PrintableLinesConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(PrintableText.EscapeLines(value));
}

/// <summary>A file's text as it is: what a client sends to be read as a configuration.</summary>
internal sealed class FileTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
