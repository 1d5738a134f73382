using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dmvpn.Bench.Tunnel;
using Dmvpn.Bench.Tunnel.Subjects;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Instructions;

/// <summary>Instructions for one packet.</summary>
/// <param name="What">seal, open, split, merge.</param>
/// <param name="Bytes">Length of the packet.</param>
/// <param name="Instructions">For each, rounded down.</param>
internal sealed record InstructionFigure(string What, int Bytes, long Instructions);

/// <summary>
/// <c>bench instructions</c>: how many instructions a packet takes, counted by valgrind, which needs no performance counters and does not mind what else the machine does. A native program
/// (bench/Instructions) does the work N and 3 N times; the difference, without start and end, divided by 2 N is the figure. What works in place on the result of other work is that much more.
/// </summary>
internal static partial class InstructionsCommand
{
    // The difference of two runs is the same to the instruction, run by run: more would not make it more exact.
    private const int Packets = 20 * 45;

    private static readonly int[] Sizes = [64, 1400];

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private static string Program => Environment.GetEnvironmentVariable("DMVPN_INSTRUCTIONS") ?? Path.Combine(Repository.Root, "out", "instructions", "Dmvpn.Instructions");

    public static Command Create()
    {
        Option<FileInfo?> json = new("--json") { Description = "write the figures to a file", HelpName = "FILE" };
        Command command = new("instructions", "Instructions for a packet of what costs most: seal, open, split, merge; the number to watch over time. Needs valgrind") { json };
        command.SetAction(async (parsed, cancel) =>
        {
            if (Obstacle is { } obstacle)
            {
                Console.Error.WriteLine("bench: " + obstacle);
                return 1;
            }
            List<InstructionFigure> figures = [];
            foreach (int bytes in Sizes)
            {
                cancel.ThrowIfCancellationRequested();
                Console.Error.WriteLine($"bench: packets of {bytes} bytes ...");
                long seal = await CountAsync("seal", bytes).ConfigureAwait(false), both = await CountAsync("seal-open", bytes).ConfigureAwait(false);
                long split = await CountAsync("split", bytes).ConfigureAwait(false), back = await CountAsync("split-merge", bytes).ConfigureAwait(false);
                figures.AddRange([new("seal", bytes, seal), new("open", bytes, both - seal), new("split", bytes, split), new("merge", bytes, back - split)]);
            }
            Print(figures);
            if (parsed.GetValue(json) is { } file) await WriteAsync(file.FullName, figures).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static string? Obstacle =>
        Subject.Find("valgrind") is null ? "no valgrind: apt-get install --no-install-recommends valgrind"
        : !File.Exists(Program) ? $"no {Program}: ./dmvpn bench instructions builds it" : null;

    private static async Task<long> CountAsync(string work, int bytes) =>
        (await TotalAsync(work, bytes, 3 * Packets).ConfigureAwait(false) - await TotalAsync(work, bytes, Packets).ConfigureAwait(false)) / (2 * Packets);

    private static async Task<long> TotalAsync(string work, int bytes, int packets)
    {
        // .NET reserves 256 GB of addresses, which valgrind cannot give, unless it is told how much it may use.
        string[] arguments = ["DOTNET_GCHeapHardLimit=0x8000000", "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", Program, work, $"{bytes}", $"{packets}"];
        CommandResult result = await Host.TryRunAsync("env", arguments, null, TimeSpan.FromMinutes(5)).ConfigureAwait(false);
        Match collected = Collected().Match(result.Error);
        if (!result.Succeeded || !collected.Success) throw Host.Failure("env", arguments, result);
        return long.Parse(collected.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static void Print(List<InstructionFigure> figures)
    {
        List<string[]> lines = [["instructions for a packet", .. Sizes.Select(s => $"{s} bytes")]];
        foreach (IGrouping<string, InstructionFigure> row in figures.GroupBy(f => f.What)) lines.Add([row.Key, .. row.Select(f => f.Instructions.ToString(CultureInfo.InvariantCulture))]);
        TunnelReport.Table(Console.Out, lines);
        Console.WriteLine();
        Console.WriteLine("seal, open: GRE packet in ESP in UDP, AES-128-GCM, libcrypto included; valgrind has AES-NI and AVX2, but neither VAES nor AVX-512");
        Console.WriteLine("split, merge: of a TCP super-packet of 45 such packets, for each of them");
    }

    private static async Task WriteAsync(string file, List<InstructionFigure> figures) => await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new
    {
        at = DateTimeOffset.UtcNow,
        valgrind = (await Host.TryRunAsync("valgrind", "--version").ConfigureAwait(false)).Output.Trim(),
        dmvpn = (await Host.TryRunAsync(DmvpnDaemon.Binary, "--version").ConfigureAwait(false)).Output.Trim(),
        crypto = Dmvpn.Crypto.CryptoLibrary.Version,
        figures,
    }, Json) + "\n").ConfigureAwait(false);

    [GeneratedRegex(@"Collected\s*:\s*(\d+)")]
    private static partial Regex Collected();
}
