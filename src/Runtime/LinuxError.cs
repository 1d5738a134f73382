using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Dmvpn.Runtime;

/// <summary>How a request to the kernel ended. The default value is success.</summary>
/// <param name="Number">The error number; <see cref="Errno.None"/> for success.</param>
/// <param name="Detail">The kernel's own words (netlink extended acknowledgement), when it had any.</param>
public readonly record struct LinuxError(Errno Number, string? Detail = null)
{
    /// <summary>Success.</summary>
    public static LinuxError None => default;

    /// <summary>True for success.</summary>
    public bool IsNone => Number == Errno.None;

    /// <summary>The error of the last system call of this thread.</summary>
    internal static LinuxError Last => new((Errno)Marshal.GetLastPInvokeError());

    /// <summary>Throws a <see cref="LinuxException"/> unless this is success.</summary>
    /// <param name="operation">What was tried, for the operator: "add route 10.0.0.0/8".</param>
    public void ThrowIfAny(string operation)
    {
        if (!IsNone) throw new LinuxException(operation, this);
    }

    /// <summary>The system's text and number, and the kernel's detail: "File exists (17)".</summary>
    public override string ToString()
    {
        if (IsNone) return "success";
        string text = $"{Marshal.GetPInvokeErrorMessage((int)Number)} ({(int)Number})";
        return Detail is null ? text : $"{text}: {Detail}";
    }
}

/// <summary>
/// The kernel refused something without which the caller cannot go on: opening a device or a socket. What
/// an operator can cause at run time is returned as <see cref="LinuxError"/> instead.
/// </summary>
public sealed class LinuxException : IOException
{
    /// <summary>An error of <paramref name="operation"/>.</summary>
    public LinuxException(string operation, LinuxError error)
        : base($"{operation}: {error}") => Error = error;

    /// <summary>What the kernel said.</summary>
    public LinuxError Error { get; }

    [DoesNotReturn]
    internal static void ThrowLast(string operation) => throw new LinuxException(operation, LinuxError.Last);
}
