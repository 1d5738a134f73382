using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmvpn.Core;

namespace Dmvpn.Pki;

/// <summary>
/// Is a peer's certificate good: a chain to one of the anchors, of today, for this use, not revoked (RFC 5280 6, RFC 4945 5.1)? Nothing is ever fetched. Results are remembered
/// for a while. Safe for several threads.
/// </summary>
internal sealed class ChainCheck(IReadOnlyList<X509Certificate2> anchors, IWallClock clock, Func<RevocationMode> revocation) : IDisposable
{
    // "If EKU present AND contains either id-kp-ipsecIKE or anyExtendedKeyUsage, continue. Otherwise, reject cert" (RFC 4945 5.1.3.12).
    private static readonly string[] GoodUses = ["1.3.6.1.5.5.7.3.17", "2.5.29.37.0"];

    private readonly Lock _lock = new();
    private readonly DirectIssuers _direct = new(anchors);
    private readonly Dictionary<string, (DateTimeOffset Until, DateTimeOffset NotAfter)> _remembered = [];
    private int _version;

    /// <summary>True when it is good and that was quick to find out, as it is for most; false says nothing.</summary>
    public bool IsGood(PeerCertificate leaf, out DateTimeOffset notAfter)
    {
        DateTimeOffset now = clock.Now;
        string key = Convert.ToHexString(leaf.Fingerprint);
        int version = Version;
        if (IsRemembered(key, now, out notAfter)) return true;
        if (_direct.Find(leaf, GoodUses, now) is not { } issuer) return false;
        RevocationMode mode = revocation();
        if (mode.IsChecked && CheckRevoked("", leaf.SerialNumber.Span, issuer, mode, now) is not null) return false;
        notAfter = leaf.NotAfter.ToUniversalTime();
        Remember(key, version, now, notAfter);
        return true;
    }

    /// <summary>Null when it is good; else why not.</summary>
    public string? Check(X509Certificate2 leaf, IReadOnlyList<X509Certificate2> others, out DateTimeOffset notAfter)
    {
        DateTimeOffset now = clock.Now;
        string key = leaf.GetCertHashString(HashAlgorithmName.SHA256);
        int version = Version;
        if (IsRemembered(key, now, out notAfter)) return null;
        string? failure = CertificateUse.OfPeer(leaf, GoodUses) ?? Build(leaf, others, now, out notAfter);
        if (failure is not null)
        {
            notAfter = now;
            return failure;
        }
        notAfter = leaf.NotAfter.ToUniversalTime();
        Remember(key, version, now, notAfter);
        return null;
    }

    /// <summary>A revocation list was replaced.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _remembered.Clear();
            _version++;
        }
    }

    /// <summary>Frees the anchors' keys. Nobody may be asking.</summary>
    public void Dispose() => _direct.Dispose();

    private int Version
    {
        get
        {
            lock (_lock) return _version;
        }
    }

    private bool IsRemembered(string key, DateTimeOffset now, out DateTimeOffset notAfter)
    {
        lock (_lock)
        {
            bool known = _remembered.TryGetValue(key, out (DateTimeOffset Until, DateTimeOffset NotAfter) found) && found.Until > now;
            notAfter = found.NotAfter;
            return known;
        }
    }

    // What was found with lists that were replaced meanwhile may be wrong by now.
    private void Remember(string key, int version, DateTimeOffset now, DateTimeOffset notAfter)
    {
        DateTimeOffset until = now + PkiLimits.RememberedFor;
        lock (_lock)
        {
            if (version != _version) return;
            if (_remembered.Count >= PkiLimits.RememberedChains) _remembered.Clear();
            _remembered[key] = (until < notAfter ? until : notAfter, notAfter);
        }
    }

    private string? Build(X509Certificate2 leaf, IReadOnlyList<X509Certificate2> others, DateTimeOffset now, out DateTimeOffset notAfter)
    {
        notAfter = now;
        using var chain = new X509Chain();
        X509ChainPolicy policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        foreach (X509Certificate2 anchor in anchors) policy.CustomTrustStore.Add(anchor);
        foreach (X509Certificate2 other in others) policy.ExtraStore.Add(other);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTimeIgnored = false;
        policy.VerificationTime = now.UtcDateTime;
        if (!chain.Build(leaf))
        {
            List<string> reasons = [];
            foreach (X509ChainElement element in chain.ChainElements)
            {
                foreach (X509ChainStatus status in element.ChainElementStatus) reasons.Add($"{element.Certificate.Subject}: {status.StatusInformation.Trim()}");
            }
            return reasons.Count == 0 ? $"{leaf.Subject}: no chain to a trusted CA" : string.Join("; ", reasons.Distinct());
        }
        if (LinkStrength.Find(chain.ChainElements) is { } weak) return weak;
        for (int i = 1; i + 1 < chain.ChainElements.Count; i++)
        {
            if (CertificateUse.OfAuthority(chain.ChainElements[i].Certificate, GoodUses) is { } unfit) return unfit;
        }
        RevocationMode mode = revocation();
        for (int i = 0; mode.IsChecked && i + 1 < chain.ChainElements.Count; i++)
        {
            X509Certificate2 certificate = chain.ChainElements[i].Certificate;
            if (CheckRevoked(certificate.Subject, certificate.SerialNumberBytes.Span, chain.ChainElements[i + 1].Certificate, mode, now) is { } why) return why;
        }
        return null;
    }

    private static string? CheckRevoked(string subject, ReadOnlySpan<byte> serial, X509Certificate2 issuer, RevocationMode mode, DateTimeOffset now)
    {
        var certificate = CertificateId.Of(issuer.SubjectName.RawData, serial);
        RevocationList? list = null;
        foreach (RevocationList candidate in mode.Lists)
        {
            if (!candidate.Issuer.AsSpan().SequenceEqual(issuer.SubjectName.RawData) || !candidate.IsSignedBy(issuer)) continue;
            if (candidate.Names(certificate)) return $"{subject} is revoked by {issuer.Subject}";
            if (list is null || candidate.ThisUpdate > list.ThisUpdate) list = candidate;
        }
        if (!mode.IsRequired) return null;
        if (list is null) return $"there is no revocation list of {issuer.Subject}: name one with 'crl-file' or 'crl url' (the log says why one could not be fetched)";
        return list.IsCurrent(now) ? null : $"the revocation list of {issuer.Subject} is out of date since {list.NextUpdate:u}";
    }
}

/// <summary>How revocation is checked at present.</summary>
/// <param name="IsChecked">Lists are looked at.</param>
/// <param name="IsRequired">A certificate of whose issuer there is no current list is refused.</param>
/// <param name="Lists">The lists.</param>
internal sealed record RevocationMode(bool IsChecked, bool IsRequired, IReadOnlyList<RevocationList> Lists);
