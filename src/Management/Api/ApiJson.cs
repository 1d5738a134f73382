using System.Text.Json;
using System.Text.Json.Serialization;
using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary>
/// The JSON of the control socket and of <c>--json</c>: source-generated, camelCase names, enums as camelCase strings, addresses
/// and prefixes as their text, null properties left out.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [
        typeof(PrintableTextConverter), typeof(IpAddressConverter), typeof(IpPrefixConverter), typeof(TunnelIdConverter),
        typeof(CamelCase<AddressFamily>), typeof(CamelCase<DmvpnRole>), typeof(CamelCase<TunnelMode>),
        typeof(CamelCase<DmvpnSessionState>), typeof(CamelCase<DmvpnAttribute>), typeof(CamelCase<NhrpEntryType>),
        typeof(CamelCase<NhrpFlag>), typeof(CamelCase<MulticastOrigin>), typeof(CamelCase<RouteSource>),
        typeof(CamelCase<LogSeverity>), typeof(CamelCase<ClearNhrpScope>), typeof(CamelCase<ConfigMessageKind>),
        typeof(CamelCase<CryptoSessionStatus>), typeof(CamelCase<CryptoIkeStatus>), typeof(CamelCase<CertificateStatus>), typeof(CamelCase<ClearCryptoScope>),
    ])]
[JsonSerializable(typeof(DmvpnState))]
[JsonSerializable(typeof(NhrpCacheState))]
[JsonSerializable(typeof(NhsState))]
[JsonSerializable(typeof(NhrpTrafficState))]
[JsonSerializable(typeof(NhrpSummaryState))]
[JsonSerializable(typeof(RedirectState))]
[JsonSerializable(typeof(MulticastState))]
[JsonSerializable(typeof(RouteState))]
[JsonSerializable(typeof(InterfaceState))]
[JsonSerializable(typeof(AdjacencyState))]
[JsonSerializable(typeof(CdpNeighborState))]
[JsonSerializable(typeof(VersionState))]
[JsonSerializable(typeof(PlatformState))]
[JsonSerializable(typeof(CryptoState))]
[JsonSerializable(typeof(CryptoStatisticsState))]
[JsonSerializable(typeof(CryptoConfigState))]
[JsonSerializable(typeof(CertificateState))]
[JsonSerializable(typeof(LogState))]
[JsonSerializable(typeof(DropState))]
[JsonSerializable(typeof(RunningConfig))]
[JsonSerializable(typeof(DebugLine))]
[JsonSerializable(typeof(ClearNhrpRequest))]
[JsonSerializable(typeof(ClearDmvpnSessionRequest))]
[JsonSerializable(typeof(ClearCryptoRequest))]
[JsonSerializable(typeof(ClearCountersRequest))]
[JsonSerializable(typeof(CommandResult))]
[JsonSerializable(typeof(CheckRequest))]
[JsonSerializable(typeof(ReloadRequest))]
[JsonSerializable(typeof(ReloadResult))]
[JsonSerializable(typeof(ApiError))]
public sealed partial class ApiJson : JsonSerializerContext;

internal sealed class CamelCase<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where TEnum : struct, Enum;

internal sealed class IpAddressConverter : JsonConverter<IpAddress>
{
    public override IpAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        IpAddress.TryParse(reader.GetString(), out IpAddress address) ? address : throw new JsonException("not an IP address");

    public override void Write(Utf8JsonWriter writer, IpAddress value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

internal sealed class IpPrefixConverter : JsonConverter<IpPrefix>
{
    public override IpPrefix Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        IpPrefix.TryParse(reader.GetString(), out IpPrefix prefix) ? prefix : throw new JsonException("not a prefix");

    public override void Write(Utf8JsonWriter writer, IpPrefix value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>A tunnel as "Tunnel7".</summary>
internal sealed class TunnelIdConverter : JsonConverter<TunnelId>
{
    public override TunnelId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } text && text.StartsWith("Tunnel", StringComparison.Ordinal) && int.TryParse(text.AsSpan(6), out int number)
            ? new TunnelId(number)
            : throw new JsonException("not a tunnel");

    public override void Write(Utf8JsonWriter writer, TunnelId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
