using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>Who may look into this process's memory, where keys are.</summary>
public static class ProcessMemory
{
    private const int GetDumpable = 3, SetDumpable = 4;

    /// <summary>False: no core file, and no other process of this user may attach or read memory (prctl(2)).</summary>
    public static bool IsOpen
    {
        get => Libc.ProcessControl(GetDumpable, 0) != 0;
        set => _ = Libc.ProcessControl(SetDumpable, value ? 1u : 0);
    }
}
