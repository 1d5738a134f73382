using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Interop.Tests;

/// <summary>Handshakes that take a turn, and those that must not come to an end.</summary>
public sealed class IpsecHandshakeTests : IpsecTest
{
    [Fact]
    public async Task WeAskForACookie_StrongSwanSendsItBack()
    {
        await PairAsync(ourHub: true, IpsecCase.Plain, ours: p => p with { Lines = ["crypto ikev2 cookie-challenge 0"] });

        await TalksAsync();

        Assert.Contains("N(COOKIE)", await Charon.LogAsync(), StringComparison.Ordinal);
        await NothingInTheClearAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FirstGuessOfTheGroupIsWrong_TheSecondIsRight(bool ourHub)
    {
        // Who begins guesses 20, who answers knows only 19.
        await PairAsync(ourHub, IpsecCase.Plain,
            ours: p => ourHub ? p : p with { Second = p, Group = 20 },
            theirs: c => ourHub ? c with { Proposals = "aes256gcm16-prfsha384-ecp384-ecp256" } : c);

        await TalksAsync();

        Assert.EndsWith("/ECP_256", (await SaAsync()).Suite, StringComparison.Ordinal);
        Assert.Contains("N(INVAL_KE)", await Charon.LogAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "group31", "x25519", "CURVE_25519")]
    [InlineData(false, "group14", "modp2048", "MODP_2048")]
    public async Task Pfs_IsAgreedOn_WhenTheChildIsRekeyed(bool ourHub, string group, string theirGroup, string suite)
    {
        // We offer long sequence numbers, which kernel-libipsec has not.
        await PairAsync(ourHub, IpsecCase.Plain, ours: p => p with { IpsecLines = ["set esn", "set pfs " + group] }, theirs: c => c with { EspProposals = $"aes256gcm16-{theirGroup}" });
        await TalksAsync();

        await Charon.RekeyChildAsync(IpsecCase.Connection);

        await EventuallyAsync("the new child SA had a key exchange of its own", Soon, async () =>
            (await SaAsync()).Children.Any(c => c.IsInstalled && c.Suite == $"AES_GCM_16-256/{suite}"));
        await TalksAsync();
        await NothingInTheClearAsync();
    }

    [Fact]
    public async Task StrongSwanBeginsWithoutAChild_OneIsMadeThen()
    {
        await PairAsync(ourHub: true, IpsecCase.Plain, theirs: c => c with { Extra = ["childless = force"] });

        await TalksAsync();

        Assert.Contains("CREATE_CHILD_SA", await Charon.LogAsync(), StringComparison.Ordinal);
        await NothingInTheClearAsync();
    }

    [Theory]
    [InlineData(true, "another key", "make its 'pre-shared-key local'")]
    [InlineData(false, "another key", "must be our 'pre-shared-key local'")]
    [InlineData(true, "no common proposal", "add 'group 19'")]
    [InlineData(false, "no common proposal", "give both ends a proposal in common")]
    [InlineData(true, "no common transform", "'esp-gcm 256'")]
    [InlineData(false, "no common transform", "give both ends a transform set in common")]
    [InlineData(true, "another CA", "issuer certificate")]
    [InlineData(false, "another CA", "does not trust our certificate")]
    public async Task WhatDoesNotFit_IsNamed_AndNothingPasses(bool ourHub, string what, string remedy)
    {
        IpsecCase used = what == "another CA" ? IpsecCase.Of("ecdsa gcm group31") : IpsecCase.Plain;
        LabPki? other = what == "another CA" && LabPki.Obstacle is null ? await LabPki.CreateAsync(Run, "ecdsa 384") : null;
        if (other is not null)
            await other.IssueAsync("ours");
        await PairAsync(ourHub, used,
            ours: p => what switch
            {
                "another key" => p with { Secret = "not-the-same-one" },
                "no common proposal" => p with { Group = 21 },
                "no common transform" => p with { Transform = "esp-gcm 128" },
                _ => p with { Pki = other },
            });

        DmvpnDaemon router = ourHub ? HubRouter : SpokeRouter;
        await EventuallyAsync($"our log says {remedy}", Soon, () => Task.FromResult(router.Log.Contains(remedy, StringComparison.Ordinal)));
        Assert.Empty(await Charon.UpAsync(IpsecCase.Connection));
        Assert.False(await AnswersAsync(SpokeSite.Node, Hub.Tunnel));
        Assert.False(await HubRouter.IsUpAsync(One.Tunnel));
        Assert.Empty(await RecordedAsync("ip proto 47 or ip proto 50"));
    }
}
