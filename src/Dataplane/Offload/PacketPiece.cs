namespace Dmvpn.Dataplane.Offload;

/// <summary>A part of a packet where it lies, laid out as struct iovec of 64-bit Linux. Borrowed: good until the call returns.</summary>
public unsafe struct PacketPiece
{
    /// <summary>First byte.</summary>
    public byte* Data;

    /// <summary>How many.</summary>
    public nuint Length;
}

/// <summary>What a TUN device lets us leave to it.</summary>
[Flags]
public enum TunOffloads
{
    /// <summary>Packets come and go one by one, with all checksums in place: the slow and obvious path.</summary>
    None = 0,

    /// <summary>TCP super-packets and checksums, both ways.</summary>
    Tcp = 1,

    /// <summary>UDP super-packets too (USO, Linux 6.2).</summary>
    Udp = 2,
}
