using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>Which part of what arrives is for a socket that shares its work with others: that of one worker.</summary>
/// <param name="Worker">The worker's number, from 0.</param>
/// <param name="Workers">How many there are; 1: all is for it.</param>
public readonly record struct WorkerShare(int Worker, int Workers)
{
    /// <summary>All.</summary>
    public static readonly WorkerShare All = new(0, 1);
}

/// <summary>
/// Programs of classic BPF by which the kernel sorts packets to the sockets of workers, before any thread is woken:
/// ESP by what its SPI leaves when divided by the number of workers, GRE by the outer source address. What is too short for an SPI is the first worker's.
/// </summary>
internal static unsafe class SteeringFilter
{
    private const uint Everything = uint.MaxValue;
    private const uint SpiLength = 4;
    private const uint Ipv4Source = 12, Ipv6Source = 8;

    // Addresses of spokes often differ in some bits in the middle alone: all bits have a say in the upper half of the product.
    private const uint Mixer = 0x9E37_79B1;
    private const uint Mixed = 16;

    private static readonly FilterInstruction Reject = new(FilterSpec.Return, 0);
    private static readonly FilterInstruction Accept = new(FilterSpec.Return, Everything);

    /// <summary>Nothing is for the socket.</summary>
    public static FilterInstruction[] Nothing { get; } = [Reject];

    /// <summary>
    /// For a group of UDP sockets (SO_REUSEPORT): the number of the one that a datagram is for, in the order in which they were bound. The program reads from behind the UDP header, and one that
    /// reads beyond the end ends with 0.
    /// </summary>
    public static FilterInstruction[] DatagramsBySpi(int workers) =>
    [
        new(FilterSpec.LoadWord, 0),
        new(FilterSpec.Remainder, (uint)workers),
        new(FilterSpec.ReturnAccumulator, 0),
    ];

    /// <summary>For a raw socket of ESP. One of IPv4 is given the IP header, one of IPv6 is not.</summary>
    public static FilterInstruction[] EspOf(WorkerShare share, bool ipv4)
    {
        // Over loading, remainder and comparison to "accept", or one further.
        byte whenShort = (byte)(share.Worker == 0 ? 3 : 4);
        FilterInstruction[] sort =
        [
            new(FilterSpec.JumpIfAtLeast, 0, whenShort, SpiLength),
            new(ipv4 ? FilterSpec.LoadWordIndexed : FilterSpec.LoadWord, 0),
            .. OwnRemainder(share),
        ];
        return ipv4
            ? [new(FilterSpec.LoadHeaderLength, 0), new(FilterSpec.LoadLength, 0), new(FilterSpec.SubtractIndex, 0), .. sort]
            : [new(FilterSpec.LoadLength, 0), .. sort];
    }

    /// <summary>For a raw socket of GRE: packets of one peer come to one worker, in order.</summary>
    public static FilterInstruction[] GreOf(WorkerShare share, bool ipv4)
    {
        FilterInstruction[] address = ipv4
            ? [new(FilterSpec.LoadWord, FilterSpec.FromNetworkHeader + Ipv4Source)]
            :
            [
                new(FilterSpec.LoadWord, FilterSpec.FromNetworkHeader + Ipv6Source),
                new(FilterSpec.MoveToIndex, 0),
                new(FilterSpec.LoadWord, FilterSpec.FromNetworkHeader + Ipv6Source + 4),
                new(FilterSpec.ExclusiveOrIndex, 0),
                new(FilterSpec.MoveToIndex, 0),
                new(FilterSpec.LoadWord, FilterSpec.FromNetworkHeader + Ipv6Source + 8),
                new(FilterSpec.ExclusiveOrIndex, 0),
                new(FilterSpec.MoveToIndex, 0),
                new(FilterSpec.LoadWord, FilterSpec.FromNetworkHeader + Ipv6Source + 12),
                new(FilterSpec.ExclusiveOrIndex, 0),
            ];
        return [.. address, new(FilterSpec.Multiply, Mixer), new(FilterSpec.ShiftRight, Mixed), .. OwnRemainder(share)];
    }

    /// <summary>Has the kernel run the program for every packet of the socket.</summary>
    public static void Attach(int descriptor, ReadOnlySpan<FilterInstruction> program) => Attach(descriptor, IpSocketSpec.OptionAttachFilter, program);

    /// <summary>Has the kernel run the program for every packet of the group that the socket is in. By its first socket, before there is another.</summary>
    public static void AttachToGroup(int descriptor, ReadOnlySpan<FilterInstruction> program) => Attach(descriptor, IpSocketSpec.OptionAttachGroupProgram, program);

    private static FilterInstruction[] OwnRemainder(WorkerShare share) =>
    [
        new(FilterSpec.Remainder, (uint)share.Workers),
        new(FilterSpec.JumpIfEqual, 0, 1, (uint)share.Worker),
        Accept,
        Reject,
    ];

    private static void Attach(int descriptor, int option, ReadOnlySpan<FilterInstruction> program)
    {
        fixed (FilterInstruction* instructions = program)
        {
            FilterProgram given = new() { Length = (ushort)program.Length, Instructions = instructions };
            if (Libc.SetSocketOption(descriptor, LibcSpec.LevelSocket, option, &given, sizeof(FilterProgram)) != 0) LinuxException.ThrowLast("attach a socket filter");
        }
    }
}
