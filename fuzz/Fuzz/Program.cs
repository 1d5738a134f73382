using System.Globalization;
using Dmvpn.Fuzz;

const string Usage = """
    Fuzz smoke [--seconds N] [--seed S] [--target NAME]   all decoders, coverage-guided; exit status 1 on a finding
    Fuzz replay NAME FILE...                              inputs through one decoder
    Fuzz libfuzzer NAME                                   under libfuzzer-dotnet, with Wire instrumented by sharpfuzz
    Fuzz afl NAME                                         under afl-fuzz, with Wire instrumented by sharpfuzz
    """;

try
{
    return args switch
    {
        ["smoke", ..] => Coverage.RunInstrumented(["guided", .. args[1..]]),
        ["guided", ..] => new Smoke(
            TimeSpan.FromSeconds(double.Parse(Option("--seconds") ?? "30", CultureInfo.InvariantCulture)),
            ulong.Parse(Option("--seed") ?? Environment.TickCount64.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            Option("--target")).Run(),
        ["replay", var name, .. var files] => Replay(Find(name), files),
        ["libfuzzer", var name] => LibFuzzer(Find(name)),
        ["afl", var name] => Afl(Find(name)),
        _ => Refuse(Usage),
    };
}
catch (Exception wrong) when (wrong is FormatException or KeyNotFoundException or FileNotFoundException)
{
    return Refuse($"{wrong.Message}\n{Usage}");
}

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and int at && at + 1 < args.Length ? args[at + 1] : null;

static FuzzTarget Find(string name) => Array.Find(FuzzTarget.All, target => target.Name == name)
    ?? throw new KeyNotFoundException($"No target '{name}'; there are: {string.Join(", ", FuzzTarget.All.Select(target => target.Name))}");

static int Refuse(string text)
{
    Console.Error.WriteLine(text);
    return 2;
}

static int Replay(FuzzTarget target, string[] files)
{
    foreach (string file in files) target.Fuzz(File.ReadAllBytes(file));
    Console.WriteLine($"{files.Length} inputs, no findings");
    return 0;
}

static int LibFuzzer(FuzzTarget target)
{
    SharpFuzz.Fuzzer.LibFuzzer.Run(input => target.Fuzz(input));
    return 0;
}

static int Afl(FuzzTarget target)
{
    SharpFuzz.Fuzzer.OutOfProcess.Run(stream =>
    {
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        target.Fuzz(memory.ToArray());
    });
    return 0;
}
