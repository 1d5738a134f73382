using BenchmarkDotNet.Running;

// In this process: the project that BenchmarkDotNet would generate and build inherits our Directory.Build.props, which renames it.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. args, "--inProcess"]);
