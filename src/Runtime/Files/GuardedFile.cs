using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dmvpn.Runtime.Native;
using Microsoft.Win32.SafeHandles;

namespace Dmvpn.Runtime;

/// <summary>
/// Files with secrets, and files that an operator names: what is opened is looked at before it is read. A pipe or a device
/// given by mistake does not hold the caller up, and a link or a file of somebody else's does not lend its content.
/// </summary>
public static unsafe class GuardedFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode OthersRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Reads a regular file; links are followed.</summary>
    /// <exception cref="IOException">It is none, is longer than <paramref name="most"/> bytes, or cannot be read.</exception>
    public static byte[] Read(string path, int most)
    {
        using SafeFileHandle file = Open(path, followLinks: true, out _);
        return Content(file, path, most);
    }

    /// <summary>
    /// Reads a file with a secret: a regular one, no link, of root's or of the user who runs this, that nobody else may write.
    /// </summary>
    /// <param name="path">Where it is.</param>
    /// <param name="most">The longest that it may be, in bytes.</param>
    /// <param name="isExposed">Others may read it.</param>
    /// <exception cref="IOException">It is not what it should be; the message has the remedy.</exception>
    public static byte[] ReadSecret(string path, int most, out bool isExposed)
    {
        using SafeFileHandle file = Open(path, followLinks: false, out FileFacts facts);
        uint self = Libc.UserId();
        if (facts.Owner != 0 && facts.Owner != self) throw new IOException($"{path} holds a secret and belongs to user {facts.Owner}: chown it to {(self == 0 ? "root" : $"user {self}")}, if you know where it comes from");
        if ((facts.Mode & OthersWrite) != 0) throw new IOException($"{path} holds a secret and may be written by others: chmod 600 it, if you know who has written it");
        isExposed = (facts.Mode & OthersRead) != 0;
        return Content(file, path, most);
    }

    /// <summary>Writes a secret to a file that is not there yet, readable for its owner alone.</summary>
    /// <exception cref="IOException">It is there already, or cannot be written.</exception>
    public static void Create(string path, ReadOnlySpan<byte> content)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = OwnerOnly });
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    /// <summary>
    /// Writes a secret to a file, in place of one that is there: complete or not at all, also after a crash in between. The
    /// name in between cannot be guessed, so nobody can have put a link there.
    /// </summary>
    /// <exception cref="IOException">It cannot be written; the file that was there is whole.</exception>
    public static void Replace(string path, byte[] content) => Replace([(path, content)]);

    /// <summary>The same for files that belong together: first all are written, then all put in place.</summary>
    public static void Replace(IReadOnlyList<(string Path, byte[] Content)> files)
    {
        var made = new List<string>(files.Count);
        try
        {
            foreach ((string path, byte[] content) in files)
            {
                made.Add($"{path}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
                Create(made[^1], content);
            }
            for (int i = 0; i < made.Count; i++) File.Move(made[i], files[i].Path, overwrite: true);
        }
        finally
        {
            // Nothing is left of them when all went well.
            foreach (string left in made) File.Delete(left);
        }
    }

    /// <summary>Makes a directory for secrets, or takes one that is there: of root's or our own, no link, where nobody else may write.</summary>
    /// <exception cref="IOException">It is something else; the message has the remedy.</exception>
    public static void MakeDirectory(string path)
    {
        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        if (!TryStat(LibcSpec.CurrentDirectory, path, out FileFacts facts) || facts.Kind != FileKind.Directory) throw new IOException($"{path} is no directory, or a link to one: name the directory itself");
        if (facts.Owner != 0 && facts.Owner != Libc.UserId()) throw new IOException($"{path} belongs to user {facts.Owner}, who could exchange what is in it: take another directory");
        if ((facts.Mode & OthersWrite) != 0) throw new IOException($"others may write to {path}, and could exchange what is in it: chmod 700 it, or take another directory");
    }

    private static SafeFileHandle Open(string path, bool followLinks, out FileFacts facts)
    {
        // O_NOFOLLOW is one of the few flags that differ between architectures (asm-generic, arm64: fcntl.h).
        int noFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;
        int descriptor = Libc.Open(path, LibcSpec.OpenReadOnly | LibcSpec.OpenNonBlocking | LibcSpec.OpenCloseOnExec | (followLinks ? 0 : noFollow));
        if (descriptor < 0)
        {
            LinuxError error = LinuxError.Last;
            throw new IOException(error.Number == Errno.TooManyLinks ? $"{path} is a symbolic link, and what it leads to may be changed by others: name the file itself" : $"{path}: {error}");
        }
        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (TryStat(descriptor, "", out facts) && facts.Kind == FileKind.Regular) return file;
        file.Dispose();
        throw new IOException($"{path} is no regular file: name a file");
    }

    private static byte[] Content(SafeFileHandle file, string path, int most)
    {
        byte[] bytes = new byte[Math.Min(RandomAccess.GetLength(file), (long)most + 1)];
        int length = 0;
        while (length < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(length), length) is > 0 and int more) length += more;
        if (length <= most) return length == bytes.Length ? bytes : bytes[..length];
        CryptographicOperations.ZeroMemory(bytes);
        throw new IOException($"{path} is longer than {most} bytes: name another file");
    }

    /// <summary>statx(2), whose structure is the same on all architectures. Of the descriptor itself when the path is empty; no link is followed.</summary>
    private static bool TryStat(int descriptor, string path, out FileFacts facts)
    {
        const int noFollow = 0x100, emptyPath = 0x1000, basic = 0x7FF, ownerAt = 20, modeAt = 28, typeMask = 0xF000;
        Span<byte> buffer = stackalloc byte[256];
        int result;
        fixed (byte* to = buffer) result = Libc.Stat(descriptor, path, emptyPath | noFollow, basic, to);
        ushort mode = MemoryMarshal.Read<ushort>(buffer[modeAt..]);
        facts = new FileFacts((FileKind)(mode & typeMask), MemoryMarshal.Read<uint>(buffer[ownerAt..]), (UnixFileMode)(mode & 0xFFF));
        return result == 0;
    }

    private enum FileKind
    {
        Directory = 0x4000,
        Regular = 0x8000,
    }

    private readonly record struct FileFacts(FileKind Kind, uint Owner, UnixFileMode Mode);
}
