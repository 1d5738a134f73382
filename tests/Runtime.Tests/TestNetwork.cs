using System.Diagnostics;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Runtime.Tests;

/// <summary>
/// Network namespaces without names for one test: they end with the test's descriptors, however it ends. The tools of
/// iproute2 and ping run inside, because a child process inherits the namespace of the thread that starts it.
/// </summary>
internal sealed class TestNetwork : IDisposable
{
    private readonly List<NetworkNamespace> _namespaces = [];

    /// <summary>Skips the test, saying why, where namespaces cannot be made.</summary>
    public static TestNetwork CreateOrSkip()
    {
        try
        {
            NetworkNamespace.CreateAnonymous().Dispose();
        }
        catch (LinuxException exception)
        {
            Assert.Skip($"SKIPPED, needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN): {exception.Message}");
        }
        return new TestNetwork();
    }

    /// <summary>A namespace whose loopback is up.</summary>
    public NetworkNamespace Add()
    {
        var space = NetworkNamespace.CreateAnonymous();
        _namespaces.Add(space);
        Ip(space, "link set lo up");
        return space;
    }

    /// <summary>Two namespaces joined by veth "v0": 192.0.2.1/24 and 2001:db8::1/64 here, .2 and ::2 there.</summary>
    public (NetworkNamespace Left, NetworkNamespace Right) AddPair()
    {
        NetworkNamespace left = Add(), right = Add();
        Join(left, "v0", "192.0.2.1/24", "2001:db8::1/64", right, "v0", "192.0.2.2/24", "2001:db8::2/64");
        return (left, right);
    }

    /// <summary>Joins two namespaces by a veth pair with addresses.</summary>
    public static void Join(NetworkNamespace left, string leftName, string left4, string left6, NetworkNamespace right, string rightName, string right4, string right6)
    {
        Ip(left, $"link add {leftName} type veth peer name {rightName} netns /proc/{Environment.ProcessId}/fd/{right.Descriptor}");
        foreach ((NetworkNamespace space, string name, string four, string six) in new[] { (left, leftName, left4, left6), (right, rightName, right4, right6) })
        {
            Ip(space, $"address add {four} dev {name}");
            Ip(space, $"address add {six} dev {name} nodad");
            Ip(space, $"link set {name} up");
        }
        WaitUntilRunning(left, leftName);
        WaitUntilRunning(right, rightName);
    }

    /// <summary>A link that is down and leads nowhere: the other end of the veth pair is alone in a namespace of its own.</summary>
    public void AddLink(NetworkNamespace space, string name)
    {
        NetworkNamespace nowhere = Add();
        Ip(space, $"link add {name} type veth peer name {name} netns /proc/{Environment.ProcessId}/fd/{nowhere.Descriptor}");
        Ip(nowhere, $"link set {name} up");
    }

    /// <summary>Runs ip(8) inside; a failure fails the test.</summary>
    public static string Ip(NetworkNamespace space, string arguments)
    {
        (int status, string output) = Run(space, "ip", arguments);
        Assert.True(status == 0, $"ip {arguments}: {output}");
        return output;
    }

    /// <summary>Runs a program inside and gives its exit status and output.</summary>
    public static (int Status, string Output) Run(NetworkNamespace space, string program, string arguments)
    {
        using Process process = Start(space, program, arguments);
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    /// <summary>Starts a program inside.</summary>
    public static Process Start(NetworkNamespace space, string program, string arguments) => space.Run(() =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!);

    /// <summary>Tries again until it is so; fails the test when it is not after 10 seconds.</summary>
    public static void Eventually(Func<bool> condition, string what)
    {
        var deadline = MonotonicClock.Now + TimeSpan.FromSeconds(10);
        while (!condition())
        {
            Assert.True(MonotonicClock.Now < deadline, $"not within 10 s: {what}");
            Thread.Sleep(1);
        }
    }

    // The carrier is handled a moment later, and IPv6 sends nothing before that.
    private static void WaitUntilRunning(NetworkNamespace space, string name)
    {
        using Rtnetlink rtnetlink = space.Run(() => new Rtnetlink());
        Eventually(() => rtnetlink.FindLink(name)!.State == LinkState.Up, $"{name} is up");
    }

    public void Dispose()
    {
        foreach (NetworkNamespace space in _namespaces) space.Dispose();
    }
}
