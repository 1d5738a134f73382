using System.Security.Cryptography;
using System.Text;
using Dmvpn.Crypto;
using Dmvpn.Ike;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Logging;

/// <summary>
/// <c>dmvpn run --keylog FILE</c>: the keys of all SAs, in the words of Wireshark's tables, each line one option of <c>tshark -o</c>. Whoever has the file reads all traffic: only its owner may read it,
/// and everything that shows the router's state says that it is written. What Wireshark does not decrypt stands behind a <c>#</c>; <c>dmvpn dissect</c> reads it. Control thread only.
/// </summary>
public sealed class KeyLogFile : IIkeKeyLog, IDisposable
{
    // What stands in front of the lines of Wireshark's tables.
    private const string IkeTable = "uat:ikev2_decryption_table:", EspTable = "uat:esp_sa:";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int LongestLine = 2048;

    private readonly FileStream _file;
    private readonly ILogger _logger;
    private readonly byte[] _line = GC.AllocateArray<byte>(LongestLine, pinned: true);
    private int _length;
    private bool _failed;

    private KeyLogFile(FileStream file, string path, ILogger logger) => (_file, Path, _logger) = (file, path, logger);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Opens the file to add to it, or makes it.</summary>
    /// <exception cref="InvalidOperationException">Others may read it, or it is no file.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static KeyLogFile Open(string path, ILogger logger)
    {
        path = System.IO.Path.GetFullPath(path);
        if (new FileInfo(path).LinkTarget is { } target) throw new InvalidOperationException($"--keylog {path} is a link to {target}: name the file itself");
        // No buffer of the stream's: keys would stay in it.
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            BufferSize = 0,
            UnixCreateMode = OwnerOnly,
        });
        UnixFileMode mode = File.GetUnixFileMode(file.SafeFileHandle);
        if ((mode & ~OwnerOnly) != 0)
        {
            file.Dispose();
            throw new InvalidOperationException($"--keylog {path} may be read by others, and all keys would be: chmod 600 it, or name another");
        }
        var log = new KeyLogFile(file, path, logger);
        log.Text("# Keys of dmvpn for Wireshark and 'dmvpn dissect --keys'. Whoever has this file reads all traffic.\nesp.enable_encryption_decode:TRUE\n");
        log.Write();
        DaemonLog.KeysAreLogged(logger, path);
        return log;
    }

    /// <inheritdoc/>
    public void OnIkeSa(
        ulong initiatorSpi, ulong responderSpi, IkeSuite suite, ReadOnlySpan<byte> encryptionInitiator, ReadOnlySpan<byte> encryptionResponder,
        ReadOnlySpan<byte> integrityInitiator, ReadOnlySpan<byte> integrityResponder)
    {
        Text($"{(WiresharkNames.Knows(suite) ? "" : "#")}{IkeTable}{initiatorSpi:x16},{responderSpi:x16},");
        Hex(encryptionInitiator);
        Text(",");
        Hex(encryptionResponder);
        Text($",\"{WiresharkNames.IkeEncryption(suite.Encryption, suite.KeyBits)}\",");
        HexOrNothing(integrityInitiator);
        Text(",");
        HexOrNothing(integrityResponder);
        Text($",\"{WiresharkNames.IkeIntegrity(suite.Integrity)}\"\n");
        Write();
    }

    /// <inheritdoc/>
    public void OnChildSa(ChildSaInstall child)
    {
        bool ipv4 = child.Path.Local.Address.IsIPv4;
        Esp(child.InboundSpi, child.Suite, ipv4, child.InboundKey.Span);
        Esp(child.OutboundSpi, child.Suite, ipv4, child.OutboundKey.Span);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>For any address: behind a NAT, and after a move, the packets bear others.</summary>
    private void Esp(uint spi, EspSuite suite, bool ipv4, ReadOnlySpan<byte> keys)
    {
        int encryption = keys.Length - IkeCipher.IntegrityKeyLength(suite.Integrity);
        Text($"{(WiresharkNames.Knows(suite) ? "" : "#")}{EspTable}\"{(ipv4 ? "IPv4" : "IPv6")}\",\"*\",\"*\",\"0x{spi:x8}\",\"{WiresharkNames.EspEncryption(suite.Encryption)}\",\"");
        if (encryption > 0) Text("0x");
        Hex(keys[..encryption]);
        Text($"\",\"{WiresharkNames.EspIntegrity(suite.Integrity)}\",\"");
        if (encryption < keys.Length) Text("0x");
        Hex(keys[encryption..]);
        Text("\"\n");
        Write();
    }

    private void HexOrNothing(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty) Text("\"\"");
        else Hex(key);
    }

    private void Text(string text) => _length += Encoding.ASCII.GetBytes(text, _line.AsSpan(_length));

    private void Hex(ReadOnlySpan<byte> octets)
    {
        foreach (byte octet in octets)
        {
            _line[_length++] = Digit(octet >> 4);
            _line[_length++] = Digit(octet & 0xF);
        }

        static byte Digit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);
    }

    private void Write()
    {
        try
        {
            if (!_failed) _file.Write(_line, 0, _length);
        }
        catch (IOException e)
        {
            // A full disk must not end the tunnels.
            _failed = true;
            DaemonLog.KeyLogFailed(_logger, Path, e.Message);
        }
        CryptographicOperations.ZeroMemory(_line.AsSpan(0, _length));
        _length = 0;
    }
}
