using Dmvpn.Cli;
using Dmvpn.Cli.Exec;

var language = new ExecLanguage();
return await CommandLine.RunAsync(args, new ProgramParts(language), language);
