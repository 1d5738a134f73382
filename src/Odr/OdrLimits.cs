namespace Dmvpn.Odr;

/// <summary>Limits of our own.</summary>
public static class OdrLimits
{
    /// <summary>Bytes of a CDP packet, kept per neighbour: room for the prefixes below and a long version text.</summary>
    public const int PacketLength = 8192;

    /// <summary>Prefixes of one neighbour. A stub has a handful of subnets.</summary>
    public const int PrefixesPerNeighbor = 1024;

    /// <summary>Contenders for a claim that was given up that are judged again at one time: the others a second later.</summary>
    public const int ContendersAtOnce = 1024;

    /// <summary>Between two judgements of contenders, and of a neighbour whose unchanged hello has something refused.</summary>
    public static readonly TimeSpan JudgementSpacing = TimeSpan.FromSeconds(1);

    /// <summary>Between two log lines about what of one neighbour is not used.</summary>
    public static readonly TimeSpan RefusalLogSpacing = TimeSpan.FromMinutes(1);

    /// <summary>Neighbours of this router; above the 100,000 spokes that one hub is built for.</summary>
    public const int Neighbors = 131_072;

    /// <summary>Shortest time between two hellos on a tunnel that changes call for, so that a flapping prefix is no flood.</summary>
    public static readonly TimeSpan TriggeredHelloSpacing = TimeSpan.FromSeconds(1);

    /// <summary>Hellos come up to this part of the timer early, so that the spokes of a hub do not send in step.</summary>
    public const double HelloJitter = 0.1;

    /// <summary>Between two answers to hellos that come before their time: far above any round trip, so that answers do not answer each other.</summary>
    public static readonly TimeSpan EarlyAnswerSpacing = TimeSpan.FromSeconds(5);
}
