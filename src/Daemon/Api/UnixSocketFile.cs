using System.Net.Sockets;

namespace Dmvpn.Daemon.Api;

/// <summary>Makes the control socket's path free, without taking it from a daemon that lives.</summary>
internal static class UnixSocketFile
{
    public static async Task PrepareAsync(string path, CancellationToken cancel)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory) Directory.CreateDirectory(directory);
        var file = new FileInfo(path);
        if (!file.Exists) return;
        // Nobody listens at a plain file either, but a socket has no bytes.
        if (file.Length > 0) throw new InvalidOperationException($"{path} is no socket; choose another path with --socket");
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await probe.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
        }
        catch (SocketException)
        {
            // Nobody listens: a crashed predecessor left it.
            File.Delete(path);
            return;
        }
        throw new InvalidOperationException($"another dmvpn already answers at {path}; stop it. A second one needs a network namespace of its own, and --socket");
    }
}
