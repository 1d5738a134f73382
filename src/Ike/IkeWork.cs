using System.Security.Cryptography;
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
    public IWorkOwner Owner { get; } = owner;

    /// <summary>Zeroes what was made for nobody.</summary>
    public abstract void Discard();
}

/// <summary>Makes a key pair for a KE payload of ours.</summary>
internal sealed class KeyPairWork(IWorkOwner owner, DhGroup group) : IkeWork(owner)
{
    /// <summary>The key pair; null when the library failed.</summary>
    public KeyExchange? KeyPair { get; private set; }

    public override void Run()
    {
        try
        {
            KeyPair = KeyExchange.Generate(group);
        }
        catch (CryptographicException)
        {
            // No result is the result: the negotiation fails and is tried again.
        }
    }

    public override void Discard() => KeyPair?.Dispose();
}

/// <summary>Derives the shared secret from our key pair, which it uses up, and the peer's public value.</summary>
internal sealed class AgreementWork(IWorkOwner owner, KeyExchange keyPair, byte[] peerPublicValue) : IkeWork(owner)
{
    /// <summary>The secret; null when the peer's public value is none.</summary>
    public SecretBytes? Shared { get; private set; }

    public override void Run()
    {
        if (keyPair.TryDerive(peerPublicValue, out SecretBytes? shared)) Shared = shared;
        keyPair.Dispose();
    }

    public override void Discard() => Shared?.Dispose();
}

/// <summary>A responder's part: makes a key pair and derives the secret in one go.</summary>
internal sealed class AnswerWork(IWorkOwner owner, DhGroup group, byte[] peerPublicValue) : IkeWork(owner)
{
    /// <summary>Our public value; empty when it failed.</summary>
    public byte[] PublicValue { get; private set; } = [];

    /// <summary>The secret; null when the peer's public value is none.</summary>
    public SecretBytes? Shared { get; private set; }

    public override void Run()
    {
        try
        {
            using KeyExchange keyPair = KeyExchange.Generate(group);
            if (!keyPair.TryDerive(peerPublicValue, out SecretBytes? shared)) return;
            PublicValue = keyPair.PublicValue.ToArray();
            Shared = shared;
        }
        catch (CryptographicException)
        {
            // As for a bad public value.
        }
    }

    public override void Discard() => Shared?.Dispose();
}

/// <summary>Signs our AUTH payload.</summary>
internal sealed class SignatureWork(IWorkOwner owner, SigningKey key, byte[] octets, ValueList<SignatureHash> peerHashes) : IkeWork(owner)
{
    public bool IsGood { get; private set; }

    public IkeAuthMethod Method { get; private set; }

    public byte[] Authentication { get; private set; } = [];

    public override void Run()
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

    /// <summary>What was found; the last failure when no trustpoint knows the peer.</summary>
    public CertificateVerdict Verdict { get; private set; } = new("there is no trustpoint to verify the peer's certificate with: configure 'crypto pki trustpoint'", SiteRights.None, default, default);

    public override void Run()
    {
        foreach (Trustpoint trustpoint in trustpoints)
        {
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
