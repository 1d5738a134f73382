using System.CommandLine;
using System.CommandLine.Help;
using BenchmarkDotNet.Running;
using Dmvpn.Bench.Ike;
using Dmvpn.Bench.Instructions;
using Dmvpn.Bench.Nhrp;
using Dmvpn.Bench.Tunnel;

// `bench functions` is BenchmarkDotNet's own command line: --filter, --list, --job short, ...
if (args is ["functions", .. var rest])
{
    // In this process: the project that BenchmarkDotNet would generate and build inherits our Directory.Build.props, which renames it.
    BenchmarkSwitcher.FromAssembly(typeof(NhrpCommand).Assembly).Run([.. rest, "--inProcess"]);
    return 0;
}

Command bench = new("bench", "Measures OpenDMVPN. Results and how to repeat them: docs/performance.md")
{
    NhrpCommand.Create(),
    IkeCommand.Create(),
    TunnelCommand.Create(),
    InstructionsCommand.Create(),
    new Command("functions", "the hot functions by BenchmarkDotNet; takes its options, such as --filter '*Checksum*'"),
};
// As the user calls it, for the help's first lines.
Command root = new("./dmvpn") { bench, new HelpOption() };
return await root.Parse(["bench", .. args]).InvokeAsync().ConfigureAwait(false);
