using CsCheck;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Parts;

/// <summary>Offering, choosing, checking the answer (RFC 7296 2.7, 3.3, RFC 5282 8).</summary>
public sealed class ProposalTests
{
    private static readonly Ikev2Proposal Mixed = new()
    {
        Name = "mixed",
        Encryption = [new(EncryptionId.AesGcm16, 256), new(EncryptionId.AesCbc, 256), new(EncryptionId.ChaCha20Poly1305, 0)],
        Integrity = [IntegrityId.HmacSha256, IntegrityId.HmacMd5],
        Groups = [DhGroup.Ecp256, DhGroup.Modp1024, DhGroup.Modp2048],
    };

    private static readonly TransformSet GcmSet = new() { Name = "gcm", Encryption = new(EncryptionId.AesGcm16, 256), TunnelMode = false };
    private static readonly TransformSet CbcSet = new() { Name = "cbc", Encryption = new(EncryptionId.AesCbc, 128), Integrity = IntegrityId.HmacSha256 };

    [Fact]
    public void MixedProposal_IsOfferedAsTwo_WithoutWhatCannotBeDone_AndNeverWithEsn()
    {
        ValueList<IkeProposal> offer = ProposalPolicy.ForIke([Mixed]).Offer(0);
        Assert.Equal(
            ["encryption aes-gcm-256 chacha20-poly1305, prf sha256, group 19 14", "encryption aes-cbc-256, prf sha256, integrity sha256, group 19 14"],
            offer.Select(proposal => TransformText.Proposal(proposal.Transforms)));
        Assert.Equal([1, 2], offer.Select(proposal => (int)proposal.Number));
        Assert.All(offer, proposal => Assert.DoesNotContain(proposal.Transforms, transform => transform.Type == IkeTransformType.ExtendedSequenceNumbers));
    }

    [Fact]
    public void DefaultProposal_IsThatOfIosXe()
    {
        IkeProposal offer = Assert.Single(ProposalPolicy.ForIke([Ikev2Proposal.Default]).Offer(0));
        Assert.Equal("encryption aes-cbc-256 aes-cbc-192 aes-cbc-128, prf sha512 sha384 sha256, integrity sha512 sha384 sha256, group 19 14 21", TransformText.Proposal(offer.Transforms));
        Assert.Equal(DhGroup.Ecp256, ProposalPolicy.ForIke([Ikev2Proposal.Default]).FirstGroup);
    }

    [Fact]
    public void GcmWithoutPrf_GetsSha256()
    {
        var proposal = new Ikev2Proposal { Name = "p", Encryption = [new(EncryptionId.AesGcm16, 128)], Groups = [DhGroup.Ecp256] };
        Assert.Equal("encryption aes-gcm-128, prf sha256, group 19", TransformText.Proposal(Assert.Single(ProposalPolicy.ForIke([proposal]).Offer(0)).Transforms));
    }

    [Fact]
    public void Policy_ThatNamesTheLocalAddress_GoesBeforeOneForAll_AndThatBeforeTheDefault()
    {
        IpAddress local = IpAddress.Parse("192.0.2.1");
        var one = new Ikev2Proposal { Name = "one" };
        var two = new Ikev2Proposal { Name = "two" };
        var config = new IkeConfig
        {
            Proposals = [one, two],
            Policies = [new() { Name = "all", Proposals = ["one"] }, new() { Name = "here", MatchLocal = [local], Proposals = ["two", "one"] }, new() { Name = "red", MatchVrf = "red", Proposals = ["two"] }],
        };
        Assert.Equal(["two", "one"], ProposalPolicy.Configured(config, local, null).Select(proposal => proposal.Name));
        Assert.Equal(["one"], ProposalPolicy.Configured(config, IpAddress.Parse("192.0.2.2"), null).Select(proposal => proposal.Name));
        Assert.Equal(["default"], ProposalPolicy.Configured(new IkeConfig(), local, null).Select(proposal => proposal.Name));
        Assert.Equal(["default"], ProposalPolicy.Configured(config with { Policies = [config.Policies[2]] }, local, null).Select(proposal => proposal.Name));
    }

    [Theory]
    [InlineData(false, DhGroup.None, true, "encryption aes-gcm-256, esn no")]
    [InlineData(true, DhGroup.Ecp256, true, "encryption aes-gcm-256, esn yes no")]
    [InlineData(true, DhGroup.Ecp256, false, "encryption aes-gcm-256, group 19, esn yes no")]
    [InlineData(false, DhGroup.None, false, "encryption aes-gcm-256, esn no")]
    public void EspOffer_HasAGroupOnlyWithPfsAndNotInIkeAuth(bool esn, DhGroup pfs, bool first, string expected)
    {
        IkeProposal offer = Assert.Single(ProposalPolicy.ForEsp([GcmSet], esn, pfs, first).Offer(0x1234));
        Assert.Equal(expected, TransformText.Proposal(offer.Transforms));
        Assert.Equal((IkeProtocolId.Esp, 0x1234UL), (offer.Protocol, offer.Spi));
    }

    [Fact]
    public void Responder_TakesThePeersFirstAcceptableProposal_AndItsOwnOrderWithin()
    {
        ProposalPolicy ours = ProposalPolicy.ForIke([Mixed]);
        ValueList<IkeProposal> offered =
        [
            Ike(1, E(EncryptionId.TripleDes, 0), P(PrfId.HmacSha256), I(IntegrityId.HmacSha256), G(DhGroup.Ecp256)),
            Ike(2, E(EncryptionId.AesCbc, 128), E(EncryptionId.AesCbc, 256), P(PrfId.HmacSha1), P(PrfId.HmacSha256), I(IntegrityId.HmacSha256), G(DhGroup.Modp2048), G(DhGroup.Ecp256)),
            Ike(3, E(EncryptionId.AesGcm16, 256), P(PrfId.HmacSha256), G(DhGroup.Ecp256)),
        ];
        Assert.True(ProposalChoice.TryChooseIke(ours, offered, DhGroup.None, 0, out IkeChoice? choice));
        Assert.Equal(new IkeSuite(EncryptionId.AesCbc, 256, IntegrityId.HmacSha256, PrfId.HmacSha256, DhGroup.Ecp256), choice.Suite);
        Assert.Equal((2, 4), (choice.Answer.Number, choice.Answer.Transforms.Count));
    }

    [Fact]
    public void Responder_GroupOfTheKePayloadIsAcceptable_IsPreferred_AnotherIsAskedForOtherwise()
    {
        ProposalPolicy ours = ProposalPolicy.ForIke([Mixed]);
        ValueList<IkeProposal> offered = [Ike(1, E(EncryptionId.AesGcm16, 256), P(PrfId.HmacSha256), G(DhGroup.Ecp521), G(DhGroup.Modp2048), G(DhGroup.Ecp256))];
        Assert.True(ProposalChoice.TryChooseIke(ours, offered, DhGroup.Modp2048, 0, out IkeChoice? sent));
        Assert.Equal(DhGroup.Modp2048, sent.Suite.Group);
        // A group that is not ours, and one that is not even offered: INVALID_KE_PAYLOAD with group 19.
        foreach (DhGroup group in (DhGroup[])[DhGroup.Ecp521, DhGroup.Curve25519])
        {
            Assert.True(ProposalChoice.TryChooseIke(ours, offered, group, 0, out IkeChoice? other));
            Assert.Equal(DhGroup.Ecp256, other.Suite.Group);
        }
    }

    [Fact]
    public void PeerMixesCombinedAndOtherCiphers_CombinedIsTakenOnlyWhereIntegrityMayBeNone()
    {
        ProposalPolicy ours = ProposalPolicy.ForIke([Mixed]);
        IkeTransform[] both = [E(EncryptionId.AesGcm16, 256), E(EncryptionId.AesCbc, 256), P(PrfId.HmacSha256), I(IntegrityId.HmacSha256), G(DhGroup.Ecp256)];
        Assert.True(ProposalChoice.TryChooseIke(ours, [Ike(1, both)], DhGroup.None, 0, out IkeChoice? choice));
        Assert.Equal((EncryptionId.AesCbc, IntegrityId.HmacSha256), (choice.Suite.Encryption, choice.Suite.Integrity));
        Assert.True(ProposalChoice.TryChooseIke(ours, [Ike(1, [.. both, I(IntegrityId.None)])], DhGroup.None, 0, out choice));
        Assert.Equal((EncryptionId.AesGcm16, IntegrityId.None), (choice.Suite.Encryption, choice.Suite.Integrity));
        // "Exactly one transform of each type that was offered": NONE too.
        Assert.Contains(I(IntegrityId.None), choice.Answer.Transforms);
    }

    [Fact]
    public void PeersProposal_WithUnknownKindOrMissingKind_IsPassedOver_UnknownAttributeOnlyItsTransform()
    {
        ProposalPolicy ours = ProposalPolicy.ForIke([Mixed]);
        IkeTransform[] good = [E(EncryptionId.AesGcm16, 256), P(PrfId.HmacSha256), G(DhGroup.Ecp256)];
        Assert.False(Chooses([.. good, new IkeTransform((IkeTransformType)6, 35)]));
        Assert.False(Chooses([.. good, new IkeTransform(IkeTransformType.ExtendedSequenceNumbers, 0)]));
        Assert.False(Chooses(good[..2]));
        Assert.False(Chooses(good[1..]));
        Assert.False(Chooses([good[0], good[2]]));
        Assert.False(Chooses([E(EncryptionId.AesGcm16, 0), .. good[1..]]));
        Assert.False(Chooses([good[0] with { HasUnknownAttribute = true }, .. good[1..]]));
        Assert.True(Chooses([E(EncryptionId.ChaCha20Poly1305, 0) with { HasUnknownAttribute = true }, .. good]));
        Assert.False(Chooses([E(EncryptionId.ChaCha20Poly1305, 256), .. good[1..]]));

        bool Chooses(IkeTransform[] transforms) => ProposalChoice.TryChooseIke(ours, [Ike(1, transforms)], DhGroup.None, 0, out _);
    }

    [Fact]
    public void SpiOfAProposal_InIkeSaInitThereIsNone_InARekeyingThereIsOne()
    {
        ProposalPolicy ours = ProposalPolicy.ForIke([Mixed]);
        IkeProposal without = Ike(1, E(EncryptionId.AesGcm16, 256), P(PrfId.HmacSha256), G(DhGroup.Ecp256)), with = without with { Spi = 77 };
        Assert.False(ProposalChoice.TryChooseIke(ours, [with], DhGroup.None, 0, out _));
        Assert.False(ProposalChoice.TryChooseIke(ours, [without], DhGroup.None, 5, out _));
        Assert.True(ProposalChoice.TryChooseIke(ours, [with], DhGroup.None, 5, out IkeChoice? choice));
        Assert.Equal((5UL, 77UL), (choice.Answer.Spi, choice.PeerSpi));
        Assert.False(ProposalChoice.TryChooseIke(ours, [with with { Protocol = IkeProtocolId.Esp }], DhGroup.None, 5, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(0x1_0000_0000)]
    public void EspProposal_WithAReservedSpi_IsPassedOver(ulong spi) =>
        Assert.False(ProposalChoice.TryChooseEsp(ProposalPolicy.ForEsp([GcmSet], false, DhGroup.None, true), [Esp(1, E(EncryptionId.AesGcm16, 256), N(0)) with { Spi = spi }], DhGroup.None, true, true, 300, out _));

    [Fact]
    public void EspProposal_EsnIsTakenWhenThePeerWantsNothingElse_AndMissingEsnIsNotAccepted()
    {
        ProposalPolicy ours = ProposalPolicy.ForEsp([GcmSet], false, DhGroup.None, true);
        Assert.True(ProposalChoice.TryChooseEsp(ours, [Esp(1, E(EncryptionId.AesGcm16, 256), N(1), N(0))], DhGroup.None, true, true, 300, out EspChoice? choice));
        Assert.False(choice.Suite.Esn);
        Assert.True(ProposalChoice.TryChooseEsp(ours, [Esp(1, E(EncryptionId.AesGcm16, 256), N(1))], DhGroup.None, true, true, 300, out choice));
        Assert.True(choice.Suite.Esn);
        Assert.True(ProposalChoice.TryChooseEsp(ProposalPolicy.ForEsp([GcmSet], true, DhGroup.None, true), [Esp(1, E(EncryptionId.AesGcm16, 256), N(0), N(1))], DhGroup.None, true, true, 300, out choice));
        Assert.True(choice.Suite.Esn);
        Assert.False(ProposalChoice.TryChooseEsp(ours, [Esp(1, E(EncryptionId.AesGcm16, 256))], DhGroup.None, true, true, 300, out _));
    }

    [Fact]
    public void Pfs_OursIsRequired_ThePeersIsTakenWhenWeHaveNone_AndInIkeAuthNeitherCounts()
    {
        IkeTransform cipher = E(EncryptionId.AesGcm16, 256);
        IkeProposal with = Esp(1, cipher, G(DhGroup.Ecp384), G(DhGroup.Ecp256), N(0)), without = Esp(1, cipher, N(0)), none = Esp(1, cipher, G(DhGroup.None), N(0));
        ProposalPolicy pfs = ProposalPolicy.ForEsp([GcmSet], false, DhGroup.Ecp256, false), free = ProposalPolicy.ForEsp([GcmSet], false, DhGroup.None, false);
        Assert.Equal(DhGroup.Ecp256, Group(pfs, with, DhGroup.Ecp384));
        Assert.Null(Group(pfs, without, DhGroup.None));
        Assert.Null(Group(pfs, none, DhGroup.None));
        Assert.Equal(DhGroup.None, Group(free, without, DhGroup.None));
        Assert.Equal(DhGroup.None, Group(free, none, DhGroup.None));
        Assert.Equal(DhGroup.Ecp384, Group(free, with, DhGroup.Ecp384));

        ProposalPolicy first = ProposalPolicy.ForEsp([GcmSet], false, DhGroup.Ecp256, true);
        foreach (IkeProposal offered in (IkeProposal[])[with, without, none])
        {
            Assert.True(ProposalChoice.TryChooseEsp(first, [offered], DhGroup.None, true, true, 300, out EspChoice? choice));
            Assert.Equal(DhGroup.None, choice.Group);
            Assert.Equal(offered == none ? 3 : 2, choice.Answer.Transforms.Count);
        }

        static DhGroup? Group(ProposalPolicy policy, IkeProposal offered, DhGroup sent) =>
            ProposalChoice.TryChooseEsp(policy, [offered], sent, false, true, 300, out EspChoice? choice) ? choice.Group : null;
    }

    [Fact]
    public void TransformSets_OfTheModeThatIsAskedFor_GoFirst()
    {
        ProposalPolicy ours = ProposalPolicy.ForEsp([GcmSet, CbcSet], false, DhGroup.None, true);
        ValueList<IkeProposal> offered = [Esp(1, E(EncryptionId.AesGcm16, 256), N(0)), Esp(2, E(EncryptionId.AesCbc, 128), I(IntegrityId.HmacSha256), N(0)) with { Spi = 0x2222 }];
        Assert.True(ProposalChoice.TryChooseEsp(ours, offered, DhGroup.None, true, true, 300, out EspChoice? transport));
        Assert.True(ProposalChoice.TryChooseEsp(ours, offered, DhGroup.None, true, false, 300, out EspChoice? tunnel));
        Assert.Equal(("gcm", "cbc"), (transport.Set.Name, tunnel.Set.Name));
        Assert.Equal((0x1111u, 0x2222u), (transport.PeerSpi, tunnel.PeerSpi));
        // None of that mode: better the other one than nothing.
        Assert.True(ProposalChoice.TryChooseEsp(ours, [offered[0]], DhGroup.None, true, false, 300, out tunnel));
        Assert.Equal("gcm", tunnel.Set.Name);
    }

    [Fact]
    public void Answer_ThatWasNotOffered_IsRefused()
    {
        ValueList<IkeProposal> offer = ProposalPolicy.ForIke([Mixed]).Offer(0);
        IkeProposal good = Ike(1, E(EncryptionId.AesGcm16, 256), P(PrfId.HmacSha256), G(DhGroup.Modp2048));
        Assert.True(Accepts(good));
        Assert.True(Accepts(good with { Transforms = good.Transforms.Add(I(IntegrityId.None)) }));
        Assert.False(Accepts(good with { Transforms = [.. good.Transforms, I(IntegrityId.None), I(IntegrityId.None)] }));
        Assert.False(Accepts(good with { Number = 2 }));
        Assert.False(Accepts(good with { Number = 3 }));
        Assert.False(Accepts(good with { Protocol = IkeProtocolId.Esp }));
        Assert.False(Accepts());
        Assert.False(Accepts(good, good));
        Assert.False(Accepts(good with { Transforms = good.Transforms.Add(G(DhGroup.Ecp256)) }));
        Assert.False(Accepts(good with { Transforms = good.Transforms.Add(P(PrfId.HmacSha256)) }));
        Assert.False(Accepts(good with { Transforms = good.Transforms.RemoveAll(transform => transform.Type == IkeTransformType.Prf) }));
        Assert.False(Accepts(good with { Transforms = [E(EncryptionId.AesGcm16, 128), .. good.Transforms.Skip(1)] }));
        Assert.False(Accepts(good with { Transforms = [E(EncryptionId.AesGcm16, 256) with { HasUnknownAttribute = true }, .. good.Transforms.Skip(1)] }));
        Assert.False(Accepts(good with { Transforms = good.Transforms.Add(I(IntegrityId.HmacSha256)) }));
        // In a rekeying the SPI of the new SA has to be there.
        Assert.False(ProposalAnswer.TryAcceptIke(offer, [good], true, out _, out _));
        Assert.True(ProposalAnswer.TryAcceptIke(offer, [good with { Spi = 9 }], true, out IkeSuite suite, out ulong spi));
        Assert.Equal((new IkeSuite(EncryptionId.AesGcm16, 256, IntegrityId.None, PrfId.HmacSha256, DhGroup.Modp2048), 9UL), (suite, spi));

        bool Accepts(params IkeProposal[] answer) => ProposalAnswer.TryAcceptIke(offer, answer, false, out _, out _);
    }

    [Fact]
    public void EspAnswer_NamesTheTransformSet()
    {
        ProposalPolicy ours = ProposalPolicy.ForEsp([GcmSet, CbcSet], true, DhGroup.Ecp256, false);
        ValueList<IkeProposal> offer = ours.Offer(0x9999);
        IkeProposal answer = Esp(2, E(EncryptionId.AesCbc, 128), I(IntegrityId.HmacSha256), G(DhGroup.Ecp256), N(1));
        Assert.True(ProposalAnswer.TryAcceptEsp(offer, [answer], out EspSuite suite, out DhGroup group, out uint spi));
        Assert.Equal((new EspSuite(EncryptionId.AesCbc, 128, IntegrityId.HmacSha256, true), DhGroup.Ecp256, 0x1111u), (suite, group, spi));
        Assert.Equal("cbc", ProposalAnswer.SetOf(ours, answer).Name);
        Assert.False(ProposalAnswer.TryAcceptEsp(offer, [answer with { Spi = 3 }], out _, out _, out _));
        Assert.False(ProposalAnswer.TryAcceptEsp(offer, [answer with { Transforms = answer.Transforms.RemoveAll(transform => transform.Type == IkeTransformType.KeyExchange) }], out _, out _, out _));
    }

    [Fact]
    public void AnyTwoPolicies_WhatTheResponderChooses_TheInitiatorAccepts_AndBothHaveTheSameSuite()
    {
        Gen<Ikev2Proposal> proposal =
            from encryption in Of(new EncryptionChoice(EncryptionId.AesGcm16, 128), new(EncryptionId.AesGcm16, 256), new(EncryptionId.AesCbc, 128), new(EncryptionId.AesCbc, 256), new(EncryptionId.ChaCha20Poly1305, 0)).Array[1, 5]
            from integrity in Of(IntegrityId.HmacSha1, IntegrityId.HmacSha256, IntegrityId.HmacSha512).Array[0, 3]
            from prf in Of(PrfId.HmacSha1, PrfId.HmacSha256, PrfId.HmacSha384).Array[0, 3]
            from groups in Of(DhGroup.Modp2048, DhGroup.Ecp256, DhGroup.Curve25519, DhGroup.Ecp521).Array[1, 4]
            select new Ikev2Proposal { Name = "p", Encryption = [.. encryption], Integrity = [.. integrity], Prf = [.. prf], Groups = [.. groups] };
        int agreed = 0;
        Gen.Select(proposal.Array[1, 3], proposal.Array[1, 3]).Sample((initiator, responder) =>
        {
            ProposalPolicy offering = ProposalPolicy.ForIke(initiator), choosing = ProposalPolicy.ForIke(responder);
            ValueList<IkeProposal> offer = offering.Offer(0);
            if (!ProposalChoice.TryChooseIke(choosing, offer, offering.FirstGroup, 0, out IkeChoice? choice)) return ProposalMismatch.Explain(choosing, offer).Length > 0;
            Interlocked.Increment(ref agreed);
            return choice.Suite.IsSupported && ProposalAnswer.TryAcceptIke(offer, [Reread(choice.Answer)], false, out IkeSuite suite, out _) && suite == choice.Suite;
        }, iter: 3000);
        Assert.True(agreed > 500, $"{agreed}");
    }

    [Fact]
    public void AnyProposalOfAPeer_IsChosenWithinPolicyOrExplained()
    {
        Gen<IkeTransform> transform =
            from type in Gen.Byte[1, 7]
            from id in Gen.OneOf(Gen.UShort[0, 35], Gen.UShort)
            from bits in Of<ushort>(0, 128, 256, 1)
            from unknown in Gen.Bool
            select new IkeTransform((IkeTransformType)type, id, bits, unknown);
        Gen<IkeProposal> proposal =
            from number in Gen.Byte
            from protocol in Of(IkeProtocolId.Ike, IkeProtocolId.Esp, IkeProtocolId.Ah)
            from spi in Gen.OneOf(Gen.ULong[0, 300], Gen.ULong)
            from transforms in transform.Array[0, 12]
            select new IkeProposal(number, protocol, spi, [.. transforms]);
        ProposalPolicy ike = ProposalPolicy.ForIke([Mixed]), esp = ProposalPolicy.ForEsp([GcmSet, CbcSet], true, DhGroup.None, false);
        Gen.Select(proposal.Array[0, 4], Gen.Bool).Sample((offered, first) =>
        {
            if (ProposalChoice.TryChooseIke(ike, offered, DhGroup.Ecp256, 0, out IkeChoice? a)) Assert.True(a.Suite.IsSupported);
            else Assert.NotEmpty(ProposalMismatch.Explain(ike, offered));
            if (ProposalChoice.TryChooseEsp(esp, offered, DhGroup.Ecp256, first, true, 300, out EspChoice? b)) Assert.True(EspCipher.KeyMaterialLength(b.Suite) > 0);
            else Assert.NotEmpty(ProposalMismatch.Explain(esp, offered, first, "P"));
        }, iter: 3000);
    }

    private static IkeProposal Reread(IkeProposal proposal)
    {
        var writer = new IkePayloadWriter(new byte[2000]);
        IkeProposal[] proposals = [proposal];
        writer.SecurityAssociation(proposals);
        Assert.True(IkePayloadChain.TryParse(writer.First, writer.Written, out IkePayloadChain chain, out _));
        Assert.True(chain.TryFind(IkePayloadType.SecurityAssociation, out IkePayloadView payload));
        Assert.True(IkeProposal.TryParseAll(payload.Body, out ValueList<IkeProposal> read, out Malformed why), why.ToString());
        return Assert.Single(read);
    }

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static IkeProposal Ike(byte number, params IkeTransform[] transforms) => new(number, IkeProtocolId.Ike, 0, [.. transforms]);

    private static IkeProposal Esp(byte number, params IkeTransform[] transforms) => new(number, IkeProtocolId.Esp, 0x1111, [.. transforms]);

    private static IkeTransform E(EncryptionId id, ushort bits) => new(IkeTransformType.Encryption, (ushort)id, bits);

    private static IkeTransform P(PrfId id) => new(IkeTransformType.Prf, (ushort)id);

    private static IkeTransform I(IntegrityId id) => new(IkeTransformType.Integrity, (ushort)id);

    private static IkeTransform G(DhGroup id) => new(IkeTransformType.KeyExchange, (ushort)id);

    private static IkeTransform N(ushort id) => new(IkeTransformType.ExtendedSequenceNumbers, id);
}
