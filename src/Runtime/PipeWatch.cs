using System.Runtime.InteropServices;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// Tells when nobody reads a descriptor any more: the reader of a pipe ended, or a terminal hung up. .NET hides that from who
/// writes to its console, and a live view would go on for ever.
/// </summary>
public static unsafe class PipeWatch
{
    private const short Error = 0x008;
    private const short HangUp = 0x010;

    /// <summary>Cancels <paramref name="gone"/> when the reader of a descriptor is gone. Takes a thread of its own.</summary>
    /// <param name="descriptor">An open descriptor, such as 1 for standard output.</param>
    /// <param name="gone">Cancelled at most once; it may be disposed before.</param>
    public static void Start(int descriptor, CancellationTokenSource gone)
    {
        var thread = new Thread(() =>
        {
            if (!Wait(descriptor)) return;
            try
            {
                gone.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The command has ended by itself meanwhile.
            }
        })
        {
            IsBackground = true,
            Name = "pipe watch",
        };
        thread.Start();
    }

    /// <summary>Waits until the reader is gone; false when that cannot be told.</summary>
    internal static bool Wait(int descriptor)
    {
        while (true)
        {
            // Errors are reported without being asked for: poll(2).
            var one = new PollDescriptor { Descriptor = descriptor };
            int result = Libc.Poll(&one, 1, -1);
            if (result < 0 && Marshal.GetLastPInvokeError() == (int)Errno.Interrupted) continue;
            return result > 0 && (one.Returned & (Error | HangUp)) != 0;
        }
    }
}
