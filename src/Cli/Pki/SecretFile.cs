using System.Text;
using Dmvpn.Runtime;

namespace Dmvpn.Cli.Pki;

/// <summary>Files that only their owner may read.</summary>
internal static class SecretFile
{
    /// <summary>A bundle has some kilobytes, a list of thousands of sites some hundred.</summary>
    private const int Largest = 4 * 1024 * 1024;

    /// <summary>Makes the directory, and the one in it for keys.</summary>
    public static void MakeDirectory(string directory, string forKeys)
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        GuardedFile.MakeDirectory(forKeys);
    }

    /// <summary>Writes files that are not there yet: all or none.</summary>
    public static void CreateAll(IEnumerable<(string Path, string Text)> files)
    {
        List<string> made = [];
        try
        {
            foreach ((string path, string text) in files)
            {
                Create(path, text);
                made.Add(path);
            }
            made.Clear();
        }
        finally
        {
            foreach (string left in made) File.Delete(left);
        }
    }

    /// <summary>Writes a file that is not there yet.</summary>
    public static void Create(string path, string text)
    {
        try
        {
            GuardedFile.Create(path, Encoding.UTF8.GetBytes(text));
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new PkiException($"{path} is there already, and is not overwritten: move it away first");
        }
    }

    /// <summary>Writes a file, complete or not at all, in place of one that may be there.</summary>
    public static void Replace(string path, string text) => GuardedFile.Replace(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes files that belong together.</summary>
    public static void ReplaceAll(string directory, IEnumerable<(string Name, string Text)> files) =>
        GuardedFile.Replace([.. files.Select(file => (Path.Combine(directory, file.Name), Encoding.UTF8.GetBytes(file.Text)))]);

    /// <summary>Reads one.</summary>
    public static string Read(string path) => Encoding.UTF8.GetString(GuardedFile.ReadSecret(path, Largest, out _));

    /// <summary>Reads a file that an operator brought here: whose it is does not matter, for all that it says is checked.</summary>
    public static byte[] ReadBrought(string path) => GuardedFile.Read(path, Largest);
}
