namespace Dmvpn.Runtime.Native;

/// <summary>Numbers of the Linux interface (asm-generic and uapi headers) that more than one file uses.</summary>
internal static class LibcSpec
{
    public const int OpenReadOnly = 0;
    public const int OpenReadWrite = 2;
    public const int CurrentDirectory = -100;
    public const int OpenNonBlocking = 0x800;
    public const int OpenCloseOnExec = 0x80000;

    public const int FamilyUnspecified = 0;
    public const int FamilyIPv4 = 2;
    public const int FamilyIPv6 = 10;
    public const int FamilyNetlink = 16;

    public const int SocketDatagram = 2;
    public const int SocketRaw = 3;
    public const int SocketNonBlocking = 0x800;
    public const int SocketCloseOnExec = 0x80000;

    public const int LevelSocket = 1;
    public const int OptionSendBuffer = 7;
    public const int OptionReceiveBuffer = 8;
    public const int OptionReceiveTimeout = 20;
    public const int OptionSendBufferForce = 32;
    public const int OptionReceiveBufferForce = 33;

    public const int MessagePeek = 0x02;
    public const int MessageTruncated = 0x20;
    public const int MessageDontWait = 0x40;
    public const int MessageErrorQueue = 0x2000;

    public const int CloneNewNetwork = 0x40000000;
    public const int CloneNewMounts = 0x00020000;

    public const nuint MountBind = 4096;
    public const nuint MountRecursive = 16384;
    public const nuint MountSlave = 1 << 19;
}
