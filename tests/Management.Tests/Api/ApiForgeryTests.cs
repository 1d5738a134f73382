using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Management.Tests.Api;

/// <summary>No text that a peer chose forges a line of a screen: all strings of all answers become one line on their way out.</summary>
public sealed class ApiForgeryTests
{
    private const string Forged = "evil\nforged \u001b[2J\u009b1m\u202e\u2028end";

    private static readonly Type[] OfSeveralLines = [typeof(RunningConfig), typeof(CdpNeighborState), typeof(DebugLine), typeof(LogState)];

    public static TheoryData<Type> Answers =>
        [.. typeof(ApiJson).GetCustomAttributesData().Where(data => data.AttributeType == typeof(JsonSerializableAttribute))
            .Select(data => (Type)data.ConstructorArguments[0].Value!).Where(type => type != typeof(CheckRequest))];

    [Theory]
    [MemberData(nameof(Answers))]
    public void EveryStringOfAnAnswer_IsEscaped(Type type)
    {
        object answer = Fill(type, 0)!;
        using JsonDocument json = JsonDocument.Parse(JsonSerializer.Serialize(answer, type, ApiJson.Default));
        foreach (string text in Strings(json.RootElement))
        {
            Assert.Equal(text, PrintableText.EscapeLines(text));
            if (!OfSeveralLines.Contains(type)) Assert.Equal(text, PrintableText.Escape(text));
        }
    }

    [Fact]
    public void CdpNeighbor_WithAForgedVersion_HasNoLineOfTheScreen()
    {
        var neighbor = new CdpNeighborState
        {
            Neighbors =
            [
                new CdpNeighbor
                {
                    DeviceId = "S",
                    Tunnel = new TunnelId(0),
                    SoftwareVersion = "Linux\n-------------------------\nDevice ID: hub\nEntry address(es): ",
                },
            ],
        };
        string[] lines = CdpScreen.RenderDetail(neighbor).Split('\n');
        Assert.Single(lines, static line => line.StartsWith("Device ID:", StringComparison.Ordinal));
        Assert.Single(lines, static line => line.StartsWith("-----", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(static property => Strings(property.Value)),
        _ => [],
    };

    private static object? Fill(Type type, int depth)
    {
        if (type == typeof(string)) return Forged;
        if (Nullable.GetUnderlyingType(type) is { } inner) return Fill(inner, depth);
        if (type.IsValueType) return Activator.CreateInstance(type);
        if (depth > 6) return null;
        Type? element = type.IsArray ? type.GetElementType() : type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) ? type.GetGenericArguments()[^1] : null;
        if (element is not null)
        {
            if (type.IsGenericType && type.GetGenericArguments().Length == 2) return null;
            var list = Array.CreateInstance(element, 1);
            list.SetValue(Fill(element, depth + 1), 0);
            return type.IsInstanceOfType(list) ? list : null;
        }
        object filled = RuntimeHelpers.GetUninitializedObject(type);
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.SetMethod is not null) property.SetValue(filled, Fill(property.PropertyType, depth + 1));
        }
        return filled;
    }
}
