using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>Who waits for slow work: a handshake or an exchange. It may have ended when the work is done.</summary>
internal interface IWorkOwner
{
    bool IsWaitingFor(IkeWork work);

    void OnDone(IkeWork work, Instant now, Outbox<IkeEffect> outbox);
}

/// <summary>Slow work with its owner.</summary>
internal abstract class IkeWork(IWorkOwner owner) : IkeJob
{
    private Exception? _error;

    public IWorkOwner Owner { get; } = owner;

    /// <summary>Why it came to nothing, which is a fault of ours or of the library; null when it did not.</summary>
    public virtual Exception? Error => _error;

    /// <summary>
    /// Does the work. Whatever a peer sent and whatever the library thinks of it: an exception is no result, and no result ends the exchange. It never ends the process.
    /// </summary>
    public sealed override void Run()
    {
        try
        {
            Compute();
        }
        catch (Exception error)
        {
            _error = error;
        }
    }

    /// <summary>Zeroes what was made for nobody.</summary>
    public abstract void Discard();

    /// <summary>The work itself.</summary>
    protected abstract void Compute();
}

/// <summary>Makes a key pair for a KE payload of ours.</summary>
internal sealed class KeyPairWork(IWorkOwner owner, DhGroup group) : IkeWork(owner)
{
    /// <summary>The key pair; null when the library failed.</summary>
    public KeyExchange? KeyPair { get; private set; }

    protected override void Compute() => KeyPair = KeyExchange.Generate(group);

    public override void Discard() => KeyPair?.Dispose();
}

/// <summary>Derives the shared secret from our key pair, which it uses up, and the peer's public value.</summary>
internal sealed class AgreementWork(IWorkOwner owner, KeyExchange keyPair, byte[] peerPublicValue) : IkeWork(owner)
{
    /// <summary>The secret; null when the peer's public value is none.</summary>
    public SecretBytes? Shared { get; private set; }

    protected override void Compute()
    {
        using (keyPair)
        {
            if (keyPair.TryDerive(peerPublicValue, out SecretBytes? shared)) Shared = shared;
        }
    }

    public override void Discard() => Shared?.Dispose();
}

/// <summary>A responder's part: makes a key pair and derives the secret in one go.</summary>
internal class AnswerWork(IWorkOwner owner, DhGroup group, byte[] peerPublicValue) : IkeWork(owner)
{
    /// <summary>Our public value; empty when it failed.</summary>
    public byte[] PublicValue { get; private set; } = [];

    /// <summary>The secret; null when the peer's public value is none.</summary>
    public SecretBytes? Shared { get; private set; }

    protected override void Compute()
    {
        using KeyExchange keyPair = KeyExchange.Generate(group);
        if (!keyPair.TryDerive(peerPublicValue, out SecretBytes? shared)) return;
        PublicValue = keyPair.PublicValue.ToArray();
        Shared = shared;
    }

    public override void Discard() => Shared?.Dispose();
}

/// <summary>The same for a stranger's IKE_SA_INIT.</summary>
internal sealed class InitAnswerWork(IWorkOwner owner, DhGroup group, byte[] peerPublicValue, IpAddress source) : AnswerWork(owner, group, peerPublicValue)
{
    /// <summary>Where that came from.</summary>
    public IpAddress Source { get; } = source;
}

/// <summary>Signs our AUTH payload.</summary>
internal sealed class SignatureWork(IWorkOwner owner, SigningKey key, byte[] octets, ValueList<SignatureHash> peerHashes) : IkeWork(owner)
{
    public bool IsGood { get; private set; }

    public IkeAuthMethod Method { get; private set; }

    public byte[] Authentication { get; private set; } = [];

    protected override void Compute()
    {
        IsGood = key.TrySign(octets, peerHashes.AsSpan(), out IkeAuthMethod method, out byte[] authentication);
        if (IsGood) (Method, Authentication) = (method, authentication);
    }

    public override void Discard()
    {
    }
}

/// <summary>
/// Verifies the peer's certificates and its signature, against one trustpoint after the other; then, in the same go and only when all is well, signs our answer.
/// </summary>
internal sealed class VerificationWork(
    IWorkOwner owner, IReadOnlyList<Trustpoint> trustpoints, IReadOnlyList<byte[]> certificates, IkeIdentity identity, IkeAuthMethod method, byte[] authentication, byte[] octets)
    : IkeWork(owner)
{
    /// <summary>Our own signature, made afterwards; null for none.</summary>
    public SignatureWork? Then { get; init; }

    /// <inheritdoc/>
    public override Exception? Error => base.Error ?? Then?.Error;

    /// <summary>What was found; the last failure when no trustpoint knows the peer.</summary>
    public CertificateVerdict Verdict { get; private set; } = new("there is no trustpoint to verify the peer's certificate with: configure 'crypto pki trustpoint'", SiteRights.None, default, default);

    protected override void Compute()
    {
        foreach (Trustpoint trustpoint in trustpoints)
        {
            // What an exception leaves behind, also after an earlier trustpoint said something else.
            Verdict = new("the certificate could not be verified: the crypto library failed, and the log says how", SiteRights.None, default, default);
            Verdict = trustpoint.Verify(certificates, identity, method, authentication, octets);
            if (!Verdict.IsGood) continue;
            Then?.Run();
            return;
        }
    }

    public override void Discard()
    {
    }
}
