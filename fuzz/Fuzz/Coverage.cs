using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Dmvpn.Fuzz;

/// <summary>
/// Which branches an input took. SharpFuzz rewrites copies of Wire, Management, the engines and the program so that every branch counts itself in a map, as AFL's
/// compilers do; neither AFL nor libFuzzer is needed to look at the map.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int MapSize = 1 << 16;

    private static readonly string[] Assemblies =
        ["Dmvpn.Wire.dll", "Dmvpn.Management.dll", "Dmvpn.Pki.dll", "Dmvpn.Ike.dll", "Dmvpn.Nhrp.dll", "Dmvpn.Odr.dll", "dmvpn.dll"];

    private readonly byte* _map = (byte*)NativeMemory.AlignedAlloc(MapSize, 64);
    private readonly byte[] _seen = new byte[MapSize];

    /// <summary>Branches that some input has taken.</summary>
    public int Branches { get; private set; }

    /// <summary>Points the rewritten code at this map. Must be called before anything of them runs.</summary>
    public void Attach()
    {
        Clear();
        SharpFuzz.Common.Trace.SharedMem = _map;
    }

    public void Clear()
    {
        new Span<byte>(_map, MapSize).Clear();
        SharpFuzz.Common.Trace.PrevLocation = 0;
    }

    /// <summary>True when the last input took a branch that none took before, or one of them clearly more often.</summary>
    public bool TakeNew()
    {
        bool isNew = false;
        var map = new Span<byte>(_map, MapSize);
        for (int at = map.IndexOfAnyExcept((byte)0); at >= 0;)
        {
            byte bucket = Bucket(map[at]);
            if (bucket > _seen[at])
            {
                if (_seen[at] == 0) Branches++;
                _seen[at] = bucket;
                isNew = true;
            }
            int next = map[(at + 1)..].IndexOfAnyExcept((byte)0);
            at = next < 0 ? -1 : at + 1 + next;
        }
        return isNew;
    }

    /// <summary>Copies this program beside itself with them rewritten, runs it there, and gives back its exit status.</summary>
    public static int RunInstrumented(IEnumerable<string> arguments)
    {
        string copy = Directory.CreateTempSubdirectory("dmvpn-fuzz-").FullName;
        try
        {
            foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            foreach (string assembly in Assemblies)
                SharpFuzz.Fuzzer.Instrument(Path.Combine(copy, assembly), static type => type.StartsWith("Dmvpn.", StringComparison.Ordinal), SharpFuzz.Options.Value);
            var start = new ProcessStartInfo(Environment.ProcessPath!) { WorkingDirectory = Environment.CurrentDirectory };
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(Path.Combine(copy, "Dmvpn.Fuzz.dll"));
            else start.FileName = Path.Combine(copy, "Dmvpn.Fuzz");
            foreach (string argument in arguments) start.ArgumentList.Add(argument);
            using Process child = Process.Start(start)!;
            child.WaitForExit();
            return child.ExitCode;
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static byte Bucket(byte count) => count switch { 0 => 0, 1 => 1, 2 => 2, 3 => 3, < 8 => 4, < 16 => 5, < 32 => 6, < 128 => 7, _ => 8 };
}
