using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>AES-GCM and ChaCha20-Poly1305 are lost when a nonce comes twice under one key (RFC 5282 3.1, RFC 7634 2). Every test watches (<see cref="IvWatch"/>); here much happens at once.</summary>
public sealed class NonceTests
{
    [Theory]
    [InlineData(EncryptionId.AesGcm16, 256)]
    [InlineData(EncryptionId.ChaCha20Poly1305, 0)]
    [InlineData(EncryptionId.AesCbc, 128)]
    public void LongRun_OfRekeyingsResumptionsFragmentsAndRetransmissions_NoIvComesTwiceButWithTheSameMessage(EncryptionId encryption, int bits)
    {
        var random = new SeededRandom((ulong)encryption);
        Ikev2Proposal proposal = Configs.Quick with { Encryption = [new(encryption, bits)], Integrity = encryption == EncryptionId.AesCbc ? [IntegrityId.HmacSha256] : [] };
        IkeConfig Config(IkeConfig config, DhGroup[] groups) => (config with { Proposals = [proposal with { Groups = [.. groups] }], FragmentationMtu = 300 })
            .With((IpsecProfile p) => p with { LifetimeSeconds = TimeSpan.FromSeconds(120), Pfs = DhGroup.Curve25519 })
            .With((Ikev2Profile p) => p with { Lifetime = TimeSpan.FromSeconds(200), Reauthentication = TimeSpan.FromSeconds(500), Dpd = new DpdConfig(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(3), Periodic: true) });
        // A offers first what B does not take: INVALID_KE_PAYLOAD in every new SA and in some rekeyings.
        var pair = new Pair(a: config => Config(config, [DhGroup.Curve25519, DhGroup.Ecp256]), b: config => Config(config, [DhGroup.Ecp256, DhGroup.Ecp384]));
        pair.Net.JobTime = TimeSpan.FromMilliseconds(5);
        pair.Net.Lose = _ => random.NextDouble() < 0.15;
        pair.Net.Copies = _ => random.NextDouble() < 0.1 ? 2 : 1;
        pair.Net.Delay = _ => TimeSpan.FromMilliseconds(random.Below(300));
        pair.A.Want(pair.B);
        for (int i = 0; i < 60; i++)
        {
            if (i % 8 == 7) pair.B.Crash();
            if (i % 5 == 4) pair.A.MoveTo($"192.0.2.{100 + i}");
            if (i % 3 == 2) Agreement.Rekey(i % 2 == 0 ? pair.A : pair.B);
            pair.A.SendToIfUp();
            pair.Net.Run(30);
        }
        pair.Net.Lose = static _ => false;
        pair.Net.Delay = static _ => TimeSpan.Zero;
        pair.Net.Run(120);
        Assert.True(pair.Net.Ivs.Messages > 500, $"{pair.Net.Ivs.Messages} messages");
        Assert.True(pair.Net.Ivs.Repeated > 50, $"{pair.Net.Ivs.Repeated} repeated");
        Assert.True(pair.Net.Ivs.Fragments > 30, $"{pair.Net.Ivs.Fragments} fragments");
        Assert.True(pair.A.Engine.Statistics.Resumed > 0);
        Assert.True(pair.A.Engine.Statistics.IkeRekeys > 5);
        Assert.Contains(pair.Net.Trace, static line => line.Contains("N(InvalidKePayload)", StringComparison.Ordinal));
    }

    [Fact]
    public void KeysOfAnIkeSa_AreTakenIntoUseOnce()
    {
        using IkeKeys keys = IkeKeySchedule.Initial(new IkeSuite(EncryptionId.AesGcm16, 128, IntegrityId.None, PrfId.HmacSha256, DhGroup.Curve25519), new byte[32], new byte[32], new byte[32], 1, 2);
        keys.CreateCipher(fromInitiator: true).Dispose();
        keys.ForgetMessageKeys();
        // A second cipher would begin to count at 1 again.
        Assert.ThrowsAny<ArgumentException>(() => keys.CreateCipher(fromInitiator: true));
        Pair pair = new Pair().Up();
        IkeSa sa = pair.A.Engine.Core.Sas.Values.Single();
        Assert.Throws<InvalidOperationException>(() => sa.UseKeys(sa.Keys!));
    }
}
