using System.Net;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// The system's resolver, in any network namespace. In one of <c>ip netns</c> it reads the files of /etc/netns/NAME in place of those of
/// /etc, as <c>ip netns exec</c> has it: name servers there are others.
/// </summary>
internal static class NamespaceResolver
{
    private static readonly string[] Files = ["resolv.conf", "hosts", "nsswitch.conf"];

    /// <summary>Looks a name up.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It has no address, or nobody answers.</exception>
    /// <exception cref="LinuxException">There is no such namespace, or it may not be entered.</exception>
    public static Task<IPAddress[]> LookUpAsync(WatchedName name, CancellationToken cancel) => name.Namespace is { } space
        ? Task.Run(() => NetworkNamespace.Run(space, () => LookUp(space, name.Name)), cancel)
        : Dns.GetHostAddressesAsync(name.Name, cancel);

    // On a thread of its own, which ends with the look-up: what it mounts nobody else sees.
    private static IPAddress[] LookUp(string space, string name)
    {
        string folder = "/etc/netns/" + space + "/";
        string[] present = space.Contains('/') ? [] : Array.FindAll(Files, file => File.Exists(folder + file));
        if (present.Length > 0)
        {
            Check(Libc.Unshare(LibcSpec.CloneNewMounts), "have mounts of its own");
            Check(Libc.Mount("", "/", null, LibcSpec.MountSlave | LibcSpec.MountRecursive, 0), "keep its mounts to itself");
            foreach (string file in present) Check(Libc.Mount(folder + file, "/etc/" + file, null, LibcSpec.MountBind, 0), $"use {folder}{file}");
        }
        return Dns.GetHostAddresses(name);
    }

    private static void Check(int result, string what)
    {
        if (result != 0) LinuxException.ThrowLast(what);
    }
}
