namespace Dmvpn.Ike;

/// <summary>
/// Where <c>dmvpn run --keylog</c> gets the keys from. Everything that is called here is a secret; there is none of it unless the operator asked for it.
/// </summary>
public interface IIkeKeyLog
{
    /// <summary>An IKE SA has its keys. Spans are valid during the call.</summary>
    /// <param name="initiatorSpi">The original initiator's SPI.</param>
    /// <param name="responderSpi">The responder's.</param>
    /// <param name="suite">The algorithms.</param>
    /// <param name="encryptionInitiator">SK_ei, with the salt of a combined-mode cipher behind it.</param>
    /// <param name="encryptionResponder">SK_er.</param>
    /// <param name="integrityInitiator">SK_ai; empty with a combined-mode cipher.</param>
    /// <param name="integrityResponder">SK_ar.</param>
    void OnIkeSa(
        ulong initiatorSpi, ulong responderSpi, IkeSuite suite, ReadOnlySpan<byte> encryptionInitiator, ReadOnlySpan<byte> encryptionResponder,
        ReadOnlySpan<byte> integrityInitiator, ReadOnlySpan<byte> integrityResponder);

    /// <summary>A child SA is about to be installed: suite, SPIs, ends and key material are in it. The keys are borrowed.</summary>
    void OnChildSa(ChildSaInstall child);
}
