using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Dmvpn.Cli.Dissect.Keys;
using Dmvpn.Crypto;
using Dmvpn.Wire;

namespace Dmvpn.Cli.Dissect;

/// <summary><c>dmvpn dissect FILE</c>: what is in a capture, and whether our encoder makes the same NHRP of it.</summary>
internal static class DissectCommand
{
    /// <summary>All decoded, and every NHRP and CDP packet is reproduced byte for byte.</summary>
    public const int Good = 0;

    /// <summary>At least one packet that decodes is not reproduced.</summary>
    public const int NotReproduced = 1;

    /// <summary>Everything that decodes is reproduced, but something is malformed.</summary>
    public const int SomethingMalformed = 2;

    /// <summary>The file cannot be read, or is no capture; or the keys cannot be read.</summary>
    public const int NoCapture = 3;

    /// <summary>The largest capture that is read into memory.</summary>
    private const int MaximumFile = 1 << 30;

    public static Command Create()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "Capture to read: pcap or pcapng" };
        var json = new Option<bool>("--json") { Description = "Print one JSON document" };
        var secrets = new Option<bool>("--show-secrets") { Description = "Print NHRP authentication strings instead of asterisks" };
        var keys = new Option<string[]>("--keys")
        {
            Description = "Decrypt IKEv2 and ESP by the keys in FILE: a key log of 'dmvpn run --keylog', Wireshark's ikev2_decryption_table or esp_sa, or secrets for 'tcpdump -E'; or all in a folder",
            HelpName = "FILE",
        };
        var command = new Command(
            "dissect",
            "Decode IKEv2, ESP, GRE, NHRP and CDP in a packet capture. "
            + "Exit status 0: every NHRP and CDP packet re-encodes byte for byte; 1: one does not; 2: something is malformed; 3: no capture.")
        {
            file, json, secrets, keys,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(file), parsed.GetValue(json), parsed.GetValue(secrets),
            parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, parsed.GetValue(keys)));
        return command;
    }

    internal static int Run(FileInfo file, bool json, bool showSecrets, TextWriter output, TextWriter error, IReadOnlyList<string>? keyFiles = null)
    {
        using CaptureKeys? keys = keyFiles is { Count: > 0 } ? new CaptureKeys() : null;
        if (keys is not null && !TryRead(keyFiles!, keys, error)) return NoCapture;
        byte[] bytes;
        try
        {
            if (file.Length > MaximumFile) throw new IOException("larger than 1 GiB; cut it with editcap -c");
            bytes = File.ReadAllBytes(file.FullName);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"dissect: cannot read {file}: {failure.Message}");
            return NoCapture;
        }
        if (!new Dissector(showSecrets, keys).TryDissect(file.Name, bytes, out DissectReport report, out Malformed why))
        {
            error.WriteLine($"dissect: {file} is neither pcap nor pcapng ({why})");
            return NoCapture;
        }
        if (json) output.WriteLine(JsonSerializer.Serialize(report, DissectJson.Default.DissectReport));
        else DissectText.Write(report, output);
        return ExitStatus(report.Summary);
    }

    private static bool TryRead(IReadOnlyList<string> files, CaptureKeys keys, TextWriter error)
    {
        foreach (string file in files)
        {
            int before = keys.Count;
            try
            {
                CryptoLibrary.Require();
                KeyFile.Read(file, keys, error);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
            {
                error.WriteLine($"dissect: cannot read keys from {file}: {failure.Message}");
                return false;
            }
            if (keys.Count == before) error.WriteLine($"dissect: there is no key in {file}");
        }
        return true;
    }

    private static int ExitStatus(DissectSummary summary) =>
        summary.NotReproduced > 0 ? NotReproduced : summary.Malformed > 0 || summary.FileFailure is not null ? SomethingMalformed : Good;
}
