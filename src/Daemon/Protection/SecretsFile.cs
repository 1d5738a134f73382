using System.Security.Cryptography;
using Dmvpn.Crypto;
using Dmvpn.Ike;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Protection;

/// <summary>
/// The secrets that outlive the process: with them a restarted hub proves to its spokes that it lost its state, and knows the tickets that it gave them. A file that only its
/// owner reads; made when it is not there.
/// </summary>
internal static class SecretsFile
{
    private const int SecretLength = 32;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Reads the file, or makes it. One that is damaged, or something else than was meant, is left as it is: the secrets of this run are new then, and not kept.
    /// </summary>
    /// <exception cref="IOException">It cannot be read or made.</exception>
    /// <exception cref="InvalidOperationException">Others may read it.</exception>
    public static IkeSecrets LoadOrCreate(string path, ILogger logger)
    {
        // An empty one is what is left when the disk was full.
        if (!File.Exists(path) || new FileInfo(path) is { Length: 0, UnixFileMode: OwnerOnly }) Create(path);
        UnixFileMode mode = File.GetUnixFileMode(path);
        if ((mode & ~OwnerOnly) != 0)
            throw new InvalidOperationException($"{path} holds secrets and may be read by others: chmod 600 it, or delete it if you do not know who has read it");
        byte[] bytes = RandomNumberGenerator.GetBytes(2 * SecretLength);
        try
        {
            if (new FileInfo(path).Length == bytes.Length) bytes = File.ReadAllBytes(path);
            else IpsecLog.SecretsDamaged(logger, path, $"it has {new FileInfo(path).Length} bytes, not {bytes.Length}");
            return new IkeSecrets(new SecretBytes(bytes.AsSpan(0, SecretLength)), new SecretBytes(bytes.AsSpan(SecretLength)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static void Create(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory) Directory.CreateDirectory(directory);
        byte[] bytes = RandomNumberGenerator.GetBytes(2 * SecretLength);
        // Complete or not there at all, also after a crash in between.
        string made = $"{path}.{Environment.ProcessId}";
        using (var file = new FileStream(made, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        CryptographicOperations.ZeroMemory(bytes);
        File.Move(made, path, overwrite: true);
    }
}
