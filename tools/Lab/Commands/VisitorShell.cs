using Dmvpn.Lab.Daemons;

namespace Dmvpn.Lab.Commands;

/// <summary>The user's own shell in a place of the laboratory: it has <c>dmvpn</c> in its PATH, and its prompt says where it is.</summary>
internal static class VisitorShell
{
    /// <summary>The command that starts it.</summary>
    /// <param name="where">The place.</param>
    /// <param name="socket">The control socket of the router there.</param>
    /// <param name="directory">Where a start file may be written.</param>
    public static string[] Command(string where, string socket, string directory)
    {
        string shell = Environment.GetEnvironmentVariable("SHELL") is { Length: > 0 } own && File.Exists(own) ? own : "/bin/sh";
        string prompt = where + "# ";
        string path = LinkProgram(directory) + ":" + Environment.GetEnvironmentVariable("PATH");
        string[] environment = ["env", "DMVPN_SOCKET=" + socket, "DMVPN_LAB=" + where, "PATH=" + path, "PS1=" + prompt];
        switch (Path.GetFileName(shell))
        {
            case "bash":
                // After the user's own file, which sets another prompt and may set another PATH.
                string start = Path.Combine(directory, $"shell-{where}.bash");
                File.WriteAllText(start, $"[ -f ~/.bashrc ] && . ~/.bashrc\nPATH='{path}'\nPS1='{prompt}'\nPROMPT_COMMAND=\n");
                return [.. environment, shell, "--rcfile", start, "-i"];
            case "zsh":
                // It reads its start files only from a folder.
                string folder = Path.Combine(directory, $"shell-{where}.zsh");
                Directory.CreateDirectory(folder);
                File.WriteAllText(Path.Combine(folder, ".zshrc"), $"[ -f ~/.zshrc ] && . ~/.zshrc\nPATH='{path}'\nPS1='{prompt}'\n");
                return [.. environment, "ZDOTDIR=" + folder, shell, "-i"];
            default:
                return [.. environment, shell];
        }
    }

    /// <summary>A folder with <c>dmvpn</c> alone, whatever the program's own file is called.</summary>
    private static string LinkProgram(string directory)
    {
        string folder = Path.Combine(directory, "bin");
        Directory.CreateDirectory(folder);
        string link = Path.Combine(folder, "dmvpn");
        if (!File.Exists(link)) File.CreateSymbolicLink(link, Path.GetFullPath(DmvpnDaemon.Binary));
        return folder;
    }
}
