using System.Text.Json.Serialization;

namespace Dmvpn.Cli.Dissect;

/// <summary>What <c>dmvpn dissect</c> found in a capture: the text and the JSON are two prints of this.</summary>
internal sealed record DissectReport(string File, IReadOnlyList<DissectedFrame> Frames, DissectSummary Summary);

/// <summary>One frame that carries IP: its layers from the outside in.</summary>
internal sealed record DissectedFrame(int Number, string Time, int Length, IReadOnlyList<DissectedLayer> Layers);

/// <summary>One protocol in a frame. What does not apply to it is null and left out of the JSON.</summary>
internal sealed record DissectedLayer(string Protocol)
{
    /// <summary>Why it could not be decoded: the name of a <see cref="Wire.Malformed"/>. Nothing follows then.</summary>
    public string? Malformed { get; init; }

    public string? Source { get; init; }

    public string? Destination { get; init; }

    /// <summary>The rest of what is worth a word: "ttl 255, tos 0xC0".</summary>
    public string? Detail { get; init; }

    public uint? GreKey { get; init; }

    public uint? GreSequence { get; init; }

    public DissectedIke? Ike { get; init; }

    public DissectedEsp? Esp { get; init; }

    public DissectedNhrp? Nhrp { get; init; }

    public DissectedCdp? Cdp { get; init; }

    public DissectedRip? Rip { get; init; }
}

/// <summary>What became of what is encrypted.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DissectedSecrecy>))]
internal enum DissectedSecrecy
{
    /// <summary>Nothing is.</summary>
    Clear,

    /// <summary>Its key is not known.</summary>
    NoKey,

    /// <summary>The key that is known is not its key, or it was altered on the way.</summary>
    WrongKey,

    /// <summary>Decrypted, and authentic by the keys.</summary>
    Decrypted,

    /// <summary>Decrypted, but not authentic by the keys.</summary>
    Altered,

    /// <summary>Decrypted; whether it is authentic cannot be told.</summary>
    DecryptedUnchecked,
}

/// <summary>An IKEv2 message. SPIs are in hexadecimal. The payloads are those that were decrypted, else those in the clear.</summary>
internal sealed record DissectedIke(string Exchange, bool IsResponse, bool IsFromInitiator, uint MessageId, string InitiatorSpi, string ResponderSpi, int Length)
{
    public required DissectedSecrecy Secrecy { get; init; }

    public int? Fragment { get; init; }

    public int? Fragments { get; init; }

    public required IReadOnlyList<DissectedPayload> Payloads { get; init; }

    /// <summary>The same in the layout of IOS's <c>debug crypto ikev2 packet</c>.</summary>
    [JsonIgnore]
    public string Text { get; init; } = "";
}

/// <summary>A payload of an IKEv2 message.</summary>
internal sealed record DissectedPayload(string Type, int Length, bool IsCritical)
{
    /// <summary>What is in it, as far as it is no secret.</summary>
    public IReadOnlyList<string>? Content { get; init; }
}

/// <summary>An ESP packet.</summary>
internal sealed record DissectedEsp(string Spi, uint Sequence, int Length, DissectedSecrecy Secrecy);

/// <summary>An NHRP packet. Addresses are as on the wire; "" for one of length 0.</summary>
internal sealed record DissectedNhrp(string Type, int PacketSize, DissectedReproduction Reproduced)
{
    public required int AddressFamily { get; init; }

    public required int ProtocolType { get; init; }

    public required int HopCount { get; init; }

    public required int ExtensionOffset { get; init; }

    public required int Flags { get; init; }

    public required uint RequestId { get; init; }

    public required string SourceNbma { get; init; }

    public required string SourceProtocol { get; init; }

    public required string DestinationProtocol { get; init; }

    public string? Error { get; init; }

    public int? ErrorOffset { get; init; }

    public IReadOnlyList<DissectedCie>? Entries { get; init; }

    /// <summary>The head of the packet that an indication is about, in hexadecimal, and what it says when it is IP.</summary>
    public string? CarriedPacket { get; init; }

    public string? CarriedSummary { get; init; }

    public required IReadOnlyList<DissectedExtension> Extensions { get; init; }

    /// <summary>The same in the layout of IOS's <c>debug nhrp packet</c>.</summary>
    [JsonIgnore]
    public string Text { get; init; } = "";
}

/// <summary>A client information entry.</summary>
internal sealed record DissectedCie(
    int Code, string CodeName, int PrefixLength, int Mtu, int HoldTime, string Nbma, string Protocol, int Preference);

/// <summary>An extension of an NHRP packet.</summary>
internal sealed record DissectedExtension(int Type, string Name, bool Compulsory, int Length)
{
    public IReadOnlyList<DissectedCie>? Entries { get; init; }

    /// <summary>The value in hexadecimal when it is neither entries nor an authentication.</summary>
    public string? Value { get; init; }

    /// <summary>The authentication string, or asterisks.</summary>
    public string? Authentication { get; init; }
}

/// <summary>A CDP packet.</summary>
internal sealed record DissectedCdp(int Version, int TimeToLive, string DeviceId, string PortId, DissectedReproduction Reproduced)
{
    public string? Platform { get; init; }

    public string? SoftwareVersion { get; init; }

    public required IReadOnlyList<string> Addresses { get; init; }

    public string? OdrGateway { get; init; }

    public required IReadOnlyList<string> OdrPrefixes { get; init; }

    /// <summary>The types of all TLVs in their order.</summary>
    public required IReadOnlyList<int> Tlvs { get; init; }
}

/// <summary>A message of RIP or RIPng; the routes as text.</summary>
internal sealed record DissectedRip(string Protocol, string Command, IReadOnlyList<string> Routes, DissectedReproduction Reproduced)
{
    /// <summary>How it is authenticated, without the secret.</summary>
    public string? Authentication { get; init; }
}

/// <summary>Whether our encoder makes the same bytes from what was decoded, and if not, where the first difference is.</summary>
internal sealed record DissectedReproduction(bool Exactly)
{
    public static readonly DissectedReproduction Same = new(true);

    public int? FirstDifference { get; init; }

    public string? Difference { get; init; }
}

/// <summary>The last line.</summary>
internal sealed record DissectSummary
{
    public required int Frames { get; init; }

    /// <summary>Frames that carry neither IPv4 nor IPv6; they are not listed.</summary>
    public required int NotIp { get; init; }

    /// <summary>Frames that the capture cut off.</summary>
    public required int CutOff { get; init; }

    public required int Nhrp { get; init; }

    public required int Cdp { get; init; }

    /// <summary>Messages of RIP and RIPng.</summary>
    public required int Rip { get; init; }

    /// <summary>IKEv2 messages.</summary>
    public required int Ike { get; init; }

    public required int Esp { get; init; }

    /// <summary>IKEv2 messages and ESP packets that were decrypted.</summary>
    public required int Decrypted { get; init; }

    /// <summary>Those that the keys known for them do not decrypt.</summary>
    public required int WrongKey { get; init; }

    public required int Reproduced { get; init; }

    public required int NotReproduced { get; init; }

    public required int Malformed { get; init; }

    /// <summary>How many times each reason was met.</summary>
    public required IReadOnlyDictionary<string, long> MalformedReasons { get; init; }

    /// <summary>Why reading ended before the end of the file.</summary>
    public string? FileFailure { get; init; }
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DissectReport))]
internal sealed partial class DissectJson : JsonSerializerContext;
