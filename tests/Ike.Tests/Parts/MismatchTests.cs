using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Parts;

/// <summary>What an operator reads when nothing was in common: which algorithm, on which side, and what to type.</summary>
public sealed class MismatchTests(ITestOutputHelper output)
{
    private static readonly ProposalPolicy Gcm = ProposalPolicy.ForIke([new() { Name = "strong", Encryption = [new(EncryptionId.AesGcm16, 256)], Prf = [PrfId.HmacSha384], Groups = [DhGroup.Ecp384] }]);

    private static readonly ProposalPolicy Cbc = ProposalPolicy.ForIke(
        [new() { Name = "dmvpn", Encryption = [new(EncryptionId.AesCbc, 256)], Integrity = [IntegrityId.HmacSha256], Groups = [DhGroup.Modp2048] }]);

    private static readonly ProposalPolicy Esp = ProposalPolicy.ForEsp([new() { Name = "gcm", Encryption = new(EncryptionId.AesGcm16, 256), TunnelMode = false }], false, DhGroup.None, true);
    private static readonly ProposalPolicy Pfs = ProposalPolicy.ForEsp([new() { Name = "gcm", Encryption = new(EncryptionId.AesGcm16, 256), TunnelMode = false }], false, DhGroup.Ecp256, false);

    [Fact]
    public void OneKindDiffers_TheCommandToAddIsSaid() => Is(
        "peer offers encryption aes-cbc-128, prf sha256, integrity sha256, group 14. "
        + "Proposal dmvpn accepts encryption aes-cbc-256, prf sha256, integrity sha256, group 14. "
        + "No common encryption: add 'encryption aes-cbc-128' to 'crypto ikev2 proposal dmvpn', or change the peer",
        ProposalMismatch.Explain(Cbc, [Ike(E(EncryptionId.AesCbc, 128), P(PrfId.HmacSha256), I(IntegrityId.HmacSha256), G(DhGroup.Modp2048))]));

    [Fact]
    public void SeveralKindsDiffer_AllCommandsAreSaid() => Is(
        "peer offers encryption aes-cbc-128, prf sha1, integrity sha1, group 19. "
        + "Proposal dmvpn accepts encryption aes-cbc-256, prf sha256, integrity sha256, group 14. "
        + "No common encryption, prf, integrity, group: add 'encryption aes-cbc-128' and 'prf sha1' and 'integrity sha1' and 'group 19' to 'crypto ikev2 proposal dmvpn', or change the peer",
        ProposalMismatch.Explain(Cbc, [Ike(E(EncryptionId.AesCbc, 128), P(PrfId.HmacSha1), I(IntegrityId.HmacSha1), G(DhGroup.Ecp256))]));

    [Fact]
    public void PeerHasOnlyWhatCannotBeDone_ThePeerIsToChange() => Is(
        "peer offers encryption aes-cbc-256, prf sha256, integrity sha256, group 2 5. "
        + "Proposal dmvpn accepts encryption aes-cbc-256, prf sha256, integrity sha256, group 14. "
        + "No common group: none of the peer's (2 5) can be used here; change the peer's group",
        ProposalMismatch.Explain(Cbc, [Ike(E(EncryptionId.AesCbc, 256), P(PrfId.HmacSha256), I(IntegrityId.HmacSha256), G(DhGroup.Modp1024), G(DhGroup.Modp1536))]));

    [Fact]
    public void PeerHasOtherKindOfCipher_AnotherProposalIsNeeded()
    {
        string text = ProposalMismatch.Explain(Cbc, [Ike(E(EncryptionId.AesGcm16, 256), P(PrfId.HmacSha256), G(DhGroup.Modp2048))]);
        Is("No common encryption, integrity: add a 'crypto ikev2 proposal' with 'encryption aes-gcm-256', or change the peer", text[text.IndexOf("No common", StringComparison.Ordinal)..]);
    }

    [Fact]
    public void SeveralOffers_TheNearestIsCompared_AndManyAreCounted()
    {
        IkeProposal far = Ike(E(EncryptionId.TripleDes, 0), P(PrfId.HmacSha1), I(IntegrityId.HmacMd5), G(DhGroup.Modp1024));
        IkeProposal near = Ike(E(EncryptionId.AesGcm16, 256), P(PrfId.HmacSha384), G(DhGroup.Ecp256));
        string text = ProposalMismatch.Explain(Gcm, [far, far, near, far, far]);
        output.WriteLine(text);
        Assert.StartsWith("peer offers encryption 3des, prf sha1, integrity md5, group 2; or encryption 3des, ", text);
        Assert.Contains("; and 2 more. ", text);
        Assert.EndsWith("No common group: add 'group 19' to 'crypto ikev2 proposal strong', or change the peer", text);
    }

    [Fact]
    public void EspCipherDiffers_TheTransformSetIsSaid() => Is(
        "peer offers encryption aes-cbc-256, integrity sha1. Transform set gcm accepts encryption aes-gcm-256. "
        + "No common encryption, integrity: add a transform set with 'esp-aes 256 esp-sha-hmac' to 'crypto ipsec profile DMVPN', or change the peer",
        ProposalMismatch.Explain(Esp, [EspOf(E(EncryptionId.AesCbc, 256), I(IntegrityId.HmacSha1), N(0))], true, "DMVPN"));

    [Fact]
    public void EspPfsDiffers_SetPfsIsSaid()
    {
        string without = ProposalMismatch.Explain(Pfs, [EspOf(E(EncryptionId.AesGcm16, 256), N(0))], false, "DMVPN");
        Assert.EndsWith("No common group: the peer has no perfect forward secrecy: take 'set pfs' out of 'crypto ipsec profile DMVPN', or add it at the peer", without);
        string other = ProposalMismatch.Explain(Pfs, [EspOf(E(EncryptionId.AesGcm16, 256), G(DhGroup.Ecp384), N(0))], false, "DMVPN");
        Assert.EndsWith("the peer wants perfect forward secrecy with group 20: set 'set pfs group20' in 'crypto ipsec profile DMVPN', or change the peer", other);
    }

    [Fact]
    public void OtherProtocolsOnly_AndUnusableSpi_AreSaid()
    {
        Is("the peer offers no ESP proposal", ProposalMismatch.Explain(Esp, [EspOf(E(EncryptionId.AesGcm16, 256), N(0)) with { Protocol = IkeProtocolId.Ah }]));
        Assert.EndsWith(". The SPI of the proposal cannot be used", ProposalMismatch.Explain(Esp, [EspOf(E(EncryptionId.AesGcm16, 256), N(0)) with { Spi = 1 }]));
        Is("no IKE proposal of this router is complete; it has none to accept", ProposalMismatch.Explain(ProposalPolicy.ForIke([new() { Name = "empty" }]), [Ike(E(EncryptionId.AesCbc, 128))]));
    }

    [Fact]
    public void ManyTransforms_AreCutOff()
    {
        IkeProposal many = Ike([.. Enumerable.Range(1, 100).Select(id => new IkeTransform(IkeTransformType.Encryption, (ushort)(1000 + id)))]);
        Assert.True(ProposalMismatch.Explain(Cbc, [many, many, many, many]).Length < 1500);
    }

    private void Is(string expected, string text)
    {
        output.WriteLine(text);
        Assert.Equal(expected, text);
    }

    private static IkeProposal Ike(params IkeTransform[] transforms) => new(1, IkeProtocolId.Ike, 0, [.. transforms]);

    private static IkeProposal EspOf(params IkeTransform[] transforms) => new(1, IkeProtocolId.Esp, 0x1111, [.. transforms]);

    private static IkeTransform E(EncryptionId id, ushort bits) => new(IkeTransformType.Encryption, (ushort)id, bits);

    private static IkeTransform P(PrfId id) => new(IkeTransformType.Prf, (ushort)id);

    private static IkeTransform I(IntegrityId id) => new(IkeTransformType.Integrity, (ushort)id);

    private static IkeTransform G(DhGroup id) => new(IkeTransformType.KeyExchange, (ushort)id);

    private static IkeTransform N(ushort id) => new(IkeTransformType.ExtendedSequenceNumbers, id);
}
