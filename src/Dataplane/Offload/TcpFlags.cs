namespace Dmvpn.Dataplane.Offload;

/// <summary>The control bits of TCP (RFC 9293 3.1), as far as cutting and merging must know them.</summary>
internal static class TcpFlags
{
    public const int Fin = 0x01;
    public const int Syn = 0x02;
    public const int Rst = 0x04;
    public const int Psh = 0x08;
    public const int Ack = 0x10;
    public const int Urg = 0x20;
    public const int Cwr = 0x80;
}
