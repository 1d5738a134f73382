using System.Security.Cryptography;
using Dmvpn.Crypto;
using Dmvpn.Ike;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Protection;

/// <summary>
/// The secrets that outlive the process: with them a restarted hub proves to its spokes that it lost its state, and knows the tickets that it gave them. A file that only its
/// owner reads; made when it is not there.
/// </summary>
internal static class SecretsFile
{
    private const int SecretLength = 32;

    // One that is longer was meant for something else, and is not read whole.
    private const int Longest = 65_536;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Reads the file, or makes it. One that is damaged, or something else than was meant, is left as it is: the secrets of this run are new then, and not kept.
    /// </summary>
    /// <exception cref="IOException">It cannot be read or made, or is a link, somebody else's or no file.</exception>
    /// <exception cref="InvalidOperationException">Others may read it.</exception>
    public static IkeSecrets LoadOrCreate(string path, ILogger logger)
    {
        // An empty one is what is left when the disk was full.
        if (!File.Exists(path) || new FileInfo(path) is { Length: 0, UnixFileMode: OwnerOnly }) Create(path);
        byte[] read = GuardedFile.ReadSecret(path, Longest, out bool isExposed);
        if (isExposed) throw new InvalidOperationException($"{path} holds secrets and may be read by others: chmod 600 it, or delete it if you do not know who has read it");
        byte[] bytes = read.Length == 2 * SecretLength ? read : RandomNumberGenerator.GetBytes(2 * SecretLength);
        try
        {
            if (read != bytes) IpsecLog.SecretsDamaged(logger, path, $"it has {read.Length} bytes, not {bytes.Length}");
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
        GuardedFile.Replace(path, bytes);
        CryptographicOperations.ZeroMemory(bytes);
    }
}
