namespace Dmvpn.Bench.Tunnel;

/// <summary>What the measurements have in common.</summary>
internal static class TunnelLimits
{
    /// <summary>MTU of every tunnel, so that all have the same number of packets for the same bytes.</summary>
    public const int InnerMtu = 1400;

    /// <summary>UDP payload of an IPv4 packet of <see cref="InnerMtu"/>.</summary>
    public const int LongestPayload = InnerMtu - 28;

    /// <summary>Payloads of "simple IMIX" and how many of each there are in twelve packets. The longest is cut to the MTU.</summary>
    public static readonly (int Payload, int Share)[] Imix = [(64 - 28, 7), (576 - 28, 4), (LongestPayload, 1)];

    /// <summary>Pings with no load: enough for a middle, one after the other.</summary>
    public const int IdlePings = 200;

    /// <summary>Peers of a hub that have nothing to say (issue 4).</summary>
    public const int IdlePeers = 10_000;

    /// <summary>As many where it is only to be seen that it works.</summary>
    public const int FewIdlePeers = 100;

    /// <summary>How long no garbage may be collected (issue 4), in seconds.</summary>
    public const int QuietSeconds = 60;
}
