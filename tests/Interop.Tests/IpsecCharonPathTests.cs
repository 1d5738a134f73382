namespace Dmvpn.Interop.Tests;

/// <summary>strongSwan answers long requests as every peer does: a narrow path to it is found, and nothing else ends.</summary>
public sealed class IpsecCharonPathTests : IpsecTest
{
    [Theory]
    [InlineData("psk gcm group19")]
    [InlineData("psk cbc group14")]
    public async Task PathToStrongSwanIsNarrow_IsFound_AndTheSaStays(string name)
    {
        await Internet.Router.NftAsync("""
            table ip hole {
              chain pass { type filter hook forward priority -500; ip length > 1400 drop; }
              chain whole { type filter hook prerouting priority -500; ip frag-off & 0x3fff != 0 drop; }
            }
            """);
        await PairAsync(ourHub: false, IpsecCase.Of(name));
        await TalksAsync();
        await EventuallyAsync("a line names it", Later, async () =>
            await AnswersAsync(SpokeSite.Node, Hub.Tunnel) && SpokeRouter.Log.Contains("PATH_NARROW", StringComparison.Ordinal));
        string line = Assert.Single(SpokeRouter.Log.Split('\n'), static line => line.Contains("PATH_NARROW", StringComparison.Ordinal));
        // A cipher with blocks leaves up to 15 octets open.
        Assert.Matches("the longest that do have (1400|139[0-9]|138[6-9])", line);
        Assert.DoesNotContain("PEER_DOWN", SpokeRouter.Log, StringComparison.Ordinal);
        await SaAsync();
    }
}
