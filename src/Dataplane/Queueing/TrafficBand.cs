namespace Dmvpn.Dataplane.Queueing;

/// <summary>What a packet's DSCP asks for while packets wait. Most say nothing.</summary>
internal enum TrafficBand
{
    /// <summary>Voice, real-time and network control: goes first, with up to half of what is sent.</summary>
    Latency,

    /// <summary>Everything that is not named.</summary>
    Normal,

    /// <summary>Lower effort: gets what is left, and a sixteenth in any case.</summary>
    Background,
}

/// <summary>Bands by DSCP.</summary>
internal static class TrafficBands
{
    /// <summary>How many there are.</summary>
    public const int Count = 3;

    /// <summary>Bytes of each band in a cycle of all of them.</summary>
    public static readonly int[] Shares = [128 << 10, 112 << 10, 16 << 10];

    private const int LowerEffort = 1, ClassSelector1 = 8, ClassSelector4 = 32, ClassSelector5 = 40, VoiceAdmit = 44, ExpeditedForwarding = 46, ClassSelector6 = 48, ClassSelector7 = 56;

    /// <summary>The band of a ToS or traffic class (RFC 4594 2.3; RFC 5865, RFC 8622).</summary>
    public static TrafficBand Of(byte trafficClass) => (trafficClass >> 2) switch
    {
        ClassSelector4 or ClassSelector5 or VoiceAdmit or ExpeditedForwarding or ClassSelector6 or ClassSelector7 => TrafficBand.Latency,
        LowerEffort or ClassSelector1 => TrafficBand.Background,
        _ => TrafficBand.Normal,
    };
}
