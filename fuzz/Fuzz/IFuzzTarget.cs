namespace Dmvpn.Fuzz;

/// <summary>One decoder, or one engine, under attack.</summary>
internal interface IFuzzTarget
{
    /// <summary>What it is called on the command line.</summary>
    static abstract string Name { get; }

    /// <summary>Good packets to start from.</summary>
    static abstract IEnumerable<byte[]> Seeds { get; }

    /// <summary>
    /// Decodes any bytes. Throwing is a finding, and so is a decoder that says no without a reason, or a packet that decodes,
    /// encodes, and then decodes to something else.
    /// </summary>
    static abstract void Fuzz(ReadOnlySpan<byte> input);

    /// <summary>Makes a mutated input good again where a checksum would keep the fuzzer from getting any further.</summary>
    static virtual void Repair(Span<byte> input)
    {
    }
}

/// <summary>Something that a decoder must never do, and did.</summary>
internal sealed class FindingException(string message) : Exception(message);

/// <summary>A target as a value.</summary>
internal sealed record FuzzTarget(string Name, FuzzTarget.Decoder Fuzz, FuzzTarget.Repairer Repair, Func<IEnumerable<byte[]>> Seeds)
{
    public delegate void Decoder(ReadOnlySpan<byte> input);

    public delegate void Repairer(Span<byte> input);

    public static readonly FuzzTarget[] All =
    [
        Of<Targets.GreTarget>(), Of<Targets.IpTarget>(), Of<Targets.UdpTarget>(), Of<Targets.TcpMssTarget>(),
        Of<Targets.NhrpTarget>(), Of<Targets.NhrpEngineTarget>(), Of<Targets.CdpTarget>(), Of<Targets.RipTarget>(), Of<Targets.CaptureTarget>(),
        Of<Targets.IkeTarget>(), Of<Targets.IkeInnerTarget>(), Of<Targets.IkeProposalTarget>(), Of<Targets.TrafficSelectorTarget>(), Of<Targets.IkeIdentityTarget>(),
        Of<Targets.EspTarget>(), Of<Targets.BundleTarget>(),
        Of<Targets.ConfigTarget>(), Of<Targets.ControlJsonTarget>(), Of<Targets.OdrEngineTarget>(),
        Of<Targets.Ike.TicketTarget>(), Of<Targets.Ike.FragmentTarget>(), Of<Targets.Ike.ChainTarget>(), Of<Targets.Ike.IkeStateTarget>(),
    ];

    private static FuzzTarget Of<T>()
        where T : IFuzzTarget => new(T.Name, T.Fuzz, T.Repair, static () => T.Seeds);
}
