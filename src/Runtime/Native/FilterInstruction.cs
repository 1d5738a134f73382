using System.Runtime.InteropServices;

namespace Dmvpn.Runtime.Native;

/// <summary>struct sock_filter: one instruction of classic BPF.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FilterInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint Operand)
{
    /// <summary>An instruction without a jump.</summary>
    public FilterInstruction(ushort code, uint operand)
        : this(code, 0, 0, operand)
    {
    }
}

/// <summary>struct sock_fprog.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FilterProgram
{
    public ushort Length;
    public FilterInstruction* Instructions;
}

/// <summary>Numbers of linux/filter.h and linux/bpf_common.h. A is the accumulator, X the index register, K the operand.</summary>
internal static class FilterSpec
{
    /// <summary>A = 32 bits of network order at K.</summary>
    public const ushort LoadWord = 0x20;

    /// <summary>A = 32 bits of network order at X + K.</summary>
    public const ushort LoadWordIndexed = 0x40;

    /// <summary>A = the packet's length.</summary>
    public const ushort LoadLength = 0x80;

    /// <summary>X = the length of the IPv4 header at K.</summary>
    public const ushort LoadHeaderLength = 0xB1;

    /// <summary>X = A.</summary>
    public const ushort MoveToIndex = 0x07;

    public const ushort SubtractIndex = 0x1C;
    public const ushort ExclusiveOrIndex = 0xAC;
    public const ushort Multiply = 0x24;
    public const ushort ShiftRight = 0x74;

    /// <summary>A = what a division by K leaves (Linux 3.7).</summary>
    public const ushort Remainder = 0x94;

    public const ushort JumpIfEqual = 0x15;
    public const ushort JumpIfAtLeast = 0x35;

    /// <summary>Ends with K: so many bytes are kept; of a group of sockets the one with this number.</summary>
    public const ushort Return = 0x06;

    /// <summary>Ends with A.</summary>
    public const ushort ReturnAccumulator = 0x16;

    /// <summary>SKF_NET_OFF: added to an offset from the start of the network header, wherever the packet is read from.</summary>
    public const uint FromNetworkHeader = 0xFFF0_0000;
}
