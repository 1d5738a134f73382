using Dmvpn.Crypto;

namespace Dmvpn.Ike;

/// <summary>
/// The seven keys of an IKE SA (RFC 7296 2.14), with one owner. SK_a and SK_e are needed only until the ciphers are made and a key log has been told, SK_p only
/// until IKE_AUTH is over: what is not needed any more is forgotten.
/// </summary>
internal sealed class IkeKeys : IDisposable
{
    /// <summary>Stands for what is forgotten: the objects go too, of which a hub would have 100,000 times six.</summary>
    private static readonly SecretBytes Forgotten = new(0);

    internal IkeKeys(IkeSuite suite)
    {
        Suite = suite;
        int prf = Prf.Length(suite.Prf), integrity = IkeCipher.IntegrityKeyLength(suite.Integrity);
        int encryption = IkeCipher.EncryptionKeyLength(suite.Encryption, suite.KeyBits);
        (SkD, SkAi, SkAr, SkEi, SkEr, SkPi, SkPr) =
            (new(prf), new(integrity), new(integrity), new(encryption), new(encryption), new(prf), new(prf));
    }

    /// <summary>The algorithms that they are for.</summary>
    public IkeSuite Suite { get; }

    /// <summary>What keys of child SAs and of the next IKE SA are made from.</summary>
    public SecretBytes SkD { get; }

    /// <summary>Authenticates messages of the original initiator; empty with a combined-mode cipher.</summary>
    public SecretBytes SkAi { get; private set; }

    /// <summary>Authenticates messages of the original responder.</summary>
    public SecretBytes SkAr { get; private set; }

    /// <summary>Encrypts messages of the original initiator; with a combined-mode cipher the salt is behind it.</summary>
    public SecretBytes SkEi { get; private set; }

    /// <summary>Encrypts messages of the original responder.</summary>
    public SecretBytes SkEr { get; private set; }

    /// <summary>For the initiator's AUTH payload.</summary>
    public SecretBytes SkPi { get; private set; }

    /// <summary>For the responder's AUTH payload.</summary>
    public SecretBytes SkPr { get; private set; }

    /// <summary>
    /// A cipher for one direction: messages that the original initiator of the IKE SA sends, or those that it gets. Not after <see cref="ForgetMessageKeys"/>.
    /// </summary>
    public IkeCipher CreateCipher(bool fromInitiator) =>
        IkeCipher.Create(Suite.Encryption, Suite.KeyBits, Suite.Integrity, (fromInitiator ? SkEi : SkEr).Span, (fromInitiator ? SkAi : SkAr).Span);

    /// <summary>SK_a and SK_e go: the ciphers have copies.</summary>
    public void ForgetMessageKeys()
    {
        SkAi.Dispose();
        SkAr.Dispose();
        SkEi.Dispose();
        SkEr.Dispose();
        SkAi = SkAr = SkEi = SkEr = Forgotten;
    }

    /// <summary>SK_pi and SK_pr go: both ends are authenticated.</summary>
    public void ForgetAuthenticationKeys()
    {
        SkPi.Dispose();
        SkPr.Dispose();
        SkPi = SkPr = Forgotten;
    }

    /// <summary>Zeroes all of them.</summary>
    public void Dispose()
    {
        ForgetMessageKeys();
        ForgetAuthenticationKeys();
        SkD.Dispose();
    }

    /// <summary>Says that there are keys, and not which.</summary>
    public override string ToString() => "(secret)";
}

/// <summary>Key material of a pair of child SAs (RFC 7296 2.17). The receiver owns both.</summary>
/// <param name="FromInitiator">For packets from the initiator of the exchange that made the pair.</param>
/// <param name="FromResponder">For packets to it.</param>
internal readonly record struct ChildKeys(SecretBytes FromInitiator, SecretBytes FromResponder)
{
    /// <summary>Zeroes both, for a pair that is not installed.</summary>
    public void Dispose()
    {
        FromInitiator.Dispose();
        FromResponder.Dispose();
    }
}
