using System.CommandLine;
using Dmvpn.Cli.Exec;

namespace Dmvpn.Cli;

/// <summary>Completion for shells: small scripts that ask <c>dmvpn complete</c>, so they know what the binary knows.</summary>
internal static class CompletionScripts
{
    private const string Bash =
        """
        _dmvpn() {
            local IFS=$'\n'
            COMPREPLY=($(dmvpn complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
        }
        complete -o default -F _dmvpn dmvpn

        """;

    private const string Zsh =
        """
        #compdef dmvpn
        _dmvpn() {
            local -a candidates
            candidates=("${(@f)$(dmvpn complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            if [[ -n "${candidates[1]}" ]]; then compadd -- $candidates; else _files; fi
        }
        compdef _dmvpn dmvpn

        """;

    private const string Fish =
        """
        function __dmvpn_complete
            set -l words (commandline -opc) (commandline -ct)
            dmvpn complete -- $words[2..-1] 2>/dev/null
        end
        complete -c dmvpn -a '(__dmvpn_complete)'

        """;

    /// <summary>The script for a shell.</summary>
    public static string For(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        _ => Fish,
    };

    /// <summary>What the last of the words can become. None where a file name belongs: the shell completes those itself.</summary>
    public static IEnumerable<string> Candidates(RootCommand root, ExecLanguage language, string[] words)
    {
        string last = words.Length == 0 ? "" : words[^1];
        if (last.StartsWith('-'))
        {
            Command? command = root.Subcommands.FirstOrDefault(command => command.Name == words[0]);
            IEnumerable<Option> options = command is null ? root.Options : root.Options.Where(option => option.Recursive).Concat(command.Options);
            return options.Select(option => option.Name).Where(name => name.StartsWith(last, StringComparison.Ordinal)).Distinct();
        }

        string[] plain = [.. words.Where(word => !word.StartsWith('-'))];
        if (plain.Length > 1 && plain[0] == "completion") return Matching(["bash", "zsh", "fish"], last);
        bool own = plain.Length > 1 && plain[0] is "run" or "check" or "dissect" or "shell" or "version";
        if (own) return [];
        IEnumerable<string> exec = language.Candidates(string.Join(' ', plain)).Where(candidate => candidate.IsKeyword).Select(candidate => candidate.Token);
        if (plain.Length > 1) return exec;
        return Matching([.. root.Subcommands.Where(command => !command.Hidden).Select(command => command.Name)], last).Concat(exec).Distinct();
    }

    private static IEnumerable<string> Matching(IEnumerable<string> words, string start) =>
        words.Where(word => word.StartsWith(start, StringComparison.Ordinal));
}
