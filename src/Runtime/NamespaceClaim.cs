using System.Net.Sockets;
using System.Runtime.InteropServices;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// This program's claim to its network namespace: two routers in one would take each other's packets and remove each other's routes.
/// It is a socket with a name in the abstract namespace, which belongs to the network namespace and ends with the process, whatever ends
/// it.
/// </summary>
public sealed class NamespaceClaim : IDisposable
{
    // SOL_SOCKET and SO_PEERCRED of Linux; struct ucred is pid, uid, gid.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    private readonly Socket? _socket;

    private NamespaceClaim(Socket? socket) => _socket = socket;

    /// <summary>Claims the present network namespace.</summary>
    /// <param name="name">The name of the claim.</param>
    /// <param name="holder">The process that has it; 0 when that is in another process namespace.</param>
    /// <returns>The claim; null when another process of this user or of root has it.</returns>
    /// <remarks>What a process of somebody else holds is no claim: no user can keep the router from starting.</remarks>
    public static NamespaceClaim? TryTake(string name, out int holder)
    {
        holder = 0;
        var place = new UnixDomainSocketEndPoint("\0" + name);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(place);
            socket.Listen();
            return new NamespaceClaim(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
        }
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(place);
            Span<int> credentials = stackalloc int[3];
            probe.GetRawSocketOption(SocketLevel, PeerCredentials, MemoryMarshal.AsBytes(credentials));
            holder = credentials[0];
            if (credentials[1] == 0 || credentials[1] == (int)Libc.UserId()) return null;
        }
        catch (SocketException)
        {
            // Gone in this moment, or of a kind that does not listen: none of ours.
        }
        return new NamespaceClaim(null);
    }

    /// <summary>Gives the namespace up.</summary>
    public void Dispose() => _socket?.Dispose();
}
