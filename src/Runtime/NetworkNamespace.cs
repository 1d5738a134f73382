using System.Runtime.ExceptionServices;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// A network namespace, held open. A socket or TUN descriptor belongs for life to the namespace in which it was created, so
/// <c>tunnel vrf NAME</c> only has to create its sockets inside <see cref="Run{T}(Func{T})"/>; used they may be from any thread.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    private const string NamedFolder = "/run/netns/";
    private readonly int _descriptor;

    private NetworkNamespace(int descriptor, string name) => (_descriptor, Name) = (descriptor, name);

    /// <summary>The name as configured, or the path.</summary>
    public string Name { get; }

    /// <summary>The open namespace file, for as long as this object lives.</summary>
    public int Descriptor => _descriptor;

    /// <summary>Opens a namespace by name (<c>ip netns</c>, /run/netns/NAME) or, when it has a slash, by path.</summary>
    /// <exception cref="LinuxException">There is none of that name, or it may not be opened.</exception>
    public static NetworkNamespace Open(string nameOrPath)
    {
        string path = nameOrPath.Contains('/') ? nameOrPath : NamedFolder + nameOrPath;
        int descriptor = Libc.Open(path, LibcSpec.OpenReadOnly | LibcSpec.OpenCloseOnExec);
        if (descriptor < 0) LinuxException.ThrowLast($"open network namespace {nameOrPath}");
        return new NetworkNamespace(descriptor, nameOrPath);
    }

    /// <summary>
    /// A new namespace without a name, with a loopback that is down. It ends with the last descriptor in it, so a
    /// crash leaves nothing behind.
    /// </summary>
    public static NetworkNamespace CreateAnonymous() => OnOwnThread(static () =>
    {
        if (Libc.Unshare(LibcSpec.CloneNewNetwork) != 0) LinuxException.ThrowLast("create network namespace");
        return Open("/proc/thread-self/ns/net");
    });

    /// <summary>Runs <paramref name="function"/> in the namespace of that name or path; in the present one for null.</summary>
    public static T Run<T>(string? nameOrPath, Func<T> function)
    {
        if (nameOrPath is null) return function();
        using NetworkNamespace space = Open(nameOrPath);
        return space.Run(function);
    }

    /// <summary>
    /// Runs <paramref name="function"/> inside, on a thread of its own that ends with it: no pool thread is ever left
    /// in a foreign namespace. Blocks until it is done and passes its exception on.
    /// </summary>
    /// <exception cref="LinuxException">CAP_SYS_ADMIN is missing.</exception>
    public T Run<T>(Func<T> function) => OnOwnThread(() =>
    {
        if (Libc.SetNamespace(_descriptor, LibcSpec.CloneNewNetwork) != 0) LinuxException.ThrowLast($"enter network namespace {Name}");
        return function();
    });

    /// <summary>Like <see cref="Run{T}(Func{T})"/>, for what has no result.</summary>
    public void Run(Action action) => Run(() =>
    {
        action();
        return true;
    });

    /// <summary>Lets go of the namespace; what was created in it stays.</summary>
    public void Dispose() => Libc.Close(_descriptor);

    private static T OnOwnThread<T>(Func<T> function)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = function();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        { IsBackground = true, Name = "network namespace" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
