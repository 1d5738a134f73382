using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Pki;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Protection;

/// <summary>
/// The certificates in use: read from files when a configuration is taken into use, and kept for a while after another one replaced them, for jobs may still verify with them. Control thread only.
/// </summary>
internal sealed class TrustpointStore : IDisposable
{
    // A CA's file has kilobytes; a device or a huge file given by mistake must not fill the memory.
    private const int LargestFile = 4 * 1024 * 1024;
    private static readonly TimeSpan Afterlife = TimeSpan.FromMinutes(1);

    // Time enough to make a new one and carry it there.
    private static readonly TimeSpan Notice = TimeSpan.FromDays(14);

    private readonly List<(Trustpoint Trustpoint, Instant At)> _retired = [];
    private IReadOnlyDictionary<string, Trustpoint> _current = new Dictionary<string, Trustpoint>();

    /// <summary>Where <c>debug crypto pki</c> looks.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>What fetches lists; null where nothing is fetched.</summary>
    public RevocationRefresh? Revocation { get; init; }

    /// <summary>When <see cref="OnDeadline"/> has something to do.</summary>
    public Instant NextDeadline => Revocation?.NextDeadline ?? Instant.Never;

    /// <summary>Those in use.</summary>
    public IEnumerable<Trustpoint> All => _current.Values;

    /// <summary>Directory that relative paths start from: the configuration file's.</summary>
    public string Directory { get; set; } = ".";

    /// <summary>Reads all files that the configuration names. On false nothing was kept, and <paramref name="failure"/> says which file is wrong and how.</summary>
    public bool TryLoad(IkeConfig config, out IReadOnlyDictionary<string, Trustpoint> loaded, out string failure)
    {
        var made = new Dictionary<string, Trustpoint>();
        loaded = made;
        failure = "";
        foreach (TrustpointConfig trustpoint in config.Trustpoints)
        {
            if (TryRead(trustpoint, out TrustpointMaterial? material, out string why) && TrustpointLoader.Load(material!, SystemWallClock.Instance, out why) is { } good)
            {
                made.Add(trustpoint.Name, good);
                continue;
            }
            failure = $"crypto pki trustpoint {trustpoint.Name}: {why}";
            Discard(made);
            return false;
        }
        return true;
    }

    /// <summary>Forgets what was loaded and is not used after all.</summary>
    public void Discard(IReadOnlyDictionary<string, Trustpoint> loaded)
    {
        foreach (Trustpoint trustpoint in loaded.Values) trustpoint.Dispose();
    }

    /// <summary>Takes them into use. Returns what is in other files than before, one line each: the configuration need not have changed for that.</summary>
    public IReadOnlyList<string> Use(IkeConfig config, IReadOnlyDictionary<string, Trustpoint> loaded, Instant now)
    {
        IReadOnlyDictionary<string, Trustpoint> former = _current;
        foreach (Trustpoint trustpoint in former.Values) _retired.Add((trustpoint, now + Afterlife));
        _current = loaded;
        foreach (Trustpoint trustpoint in loaded.Values) Report(trustpoint);
        Revocation?.Use(config, loaded, now);
        List<string> changes = [];
        foreach ((string name, Trustpoint trustpoint) in loaded)
        {
            if (!former.TryGetValue(name, out Trustpoint? before)) continue;
            if (!before.Certificates.SequenceEqual(trustpoint.Certificates))
                changes.Add($"crypto pki trustpoint {name}: other certificates{(trustpoint.Key is null ? "" : $", the own one is valid until {trustpoint.Certificates[0].NotAfter:u}")}");
            if (!before.RevocationLists.SequenceEqual(trustpoint.RevocationLists)) changes.Add($"crypto pki trustpoint {name}: another revocation list");
        }
        return changes;
    }

    /// <summary>Fetches lists that are due, and frees what nobody can be using any more.</summary>
    public void OnDeadline(Instant now)
    {
        Revocation?.OnDeadline(now);
        while (_retired.Count > 0 && _retired[0].At <= now)
        {
            _retired[0].Trustpoint.Dispose();
            _retired.RemoveAt(0);
        }
    }

    public void Dispose()
    {
        Revocation?.Dispose();
        Discard(_current);
        foreach ((Trustpoint trustpoint, _) in _retired) trustpoint.Dispose();
        _retired.Clear();
    }

    private void Report(Trustpoint trustpoint)
    {
        foreach (CertificateSummary certificate in trustpoint.Certificates)
        {
            IpsecLog.CertificateLoaded(
                Logger, trustpoint.Name, certificate.IsAuthority ? "authority" : "own certificate", certificate.Subject, certificate.SerialNumber, certificate.NotAfter);
            if (certificate.NotAfter - SystemWallClock.Instance.Now < Notice) IpsecLog.CertificateEnds(Logger, trustpoint.Name, certificate.Subject, certificate.NotAfter);
        }
    }

    private bool TryRead(TrustpointConfig config, out TrustpointMaterial? material, out string failure)
    {
        material = null;
        if (!TryRead(config.CaFile, "ca-file", out byte[] authorities, out failure) || !TryRead(config.CertificateFile, "certificate-file", out byte[] certificates, out failure)
            || !TryReadKey(config.KeyFile, "key-file", out byte[] key, out failure) || !TryReadKey(config.Pkcs12File, "pkcs12-file", out byte[] pkcs12, out failure)
            || !TryRead(config.CrlFile, "crl-file", out byte[] list, out failure))
        {
            return false;
        }
        material = new TrustpointMaterial
        {
            Name = config.Name,
            Authorities = authorities,
            Certificates = certificates,
            Key = key,
            Pkcs12 = pkcs12,
            Password = config.Password,
            RevocationList = list,
            ChecksRevocation = config.Revocation != RevocationCheck.None,
            RequiresRevocationList = config.Revocation == RevocationCheck.Crl,
        };
        return true;
    }

    private bool TryRead(string? path, string command, out byte[] bytes, out string failure) => TryRead(path, command, file => GuardedFile.Read(file, LargestFile), out bytes, out failure);

    private bool TryReadKey(string? path, string command, out byte[] bytes, out string failure) => TryRead(path, command, ReadKey, out bytes, out failure);

    private byte[] ReadKey(string file)
    {
        byte[] key = GuardedFile.ReadSecret(file, LargestFile, out bool isExposed);
        if (isExposed) IpsecLog.KeyExposed(Logger, file);
        return key;
    }

    private bool TryRead(string? path, string command, Func<string, byte[]> read, out byte[] bytes, out string failure)
    {
        bytes = [];
        failure = "";
        if (path is null) return true;
        string file = Path.Combine(Directory, path);
        try
        {
            bytes = read(file);
            if (bytes.Length == 0) failure = $"{command} {file}: the file is empty";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failure = $"{command}: {e.Message}";
        }
        return failure.Length == 0;
    }
}
