using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Interop.Tests;

/// <summary>Every way to agree, once begun by us and once by strongSwan.</summary>
public abstract class IpsecCharonTests(bool ourHub) : IpsecTest
{
    public static TheoryData<string> Cases => [.. IpsecCase.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Pair_AgreesOnWhatIsConfigured_AndTheSpokeRegisters(string name)
    {
        IpsecCase what = IpsecCase.Of(name);
        await PairAsync(ourHub, what);

        await TalksAsync();

        SwanSa sa = await SaAsync();
        Assert.Equal(ourHub, sa.IsInitiator);
        Assert.Equal((what.IkeSuite, what.EspSuite, "TUNNEL-in-UDP"), (sa.Suite, sa.Children[0].Suite, sa.Children[0].Mode));
        Assert.True(sa.Children[0] is { PacketsIn: > 0, PacketsOut: > 0 });
        await NothingInTheClearAsync();
    }
}

/// <summary>Our spoke begins.</summary>
public sealed class IpsecCharonRespondsTests() : IpsecCharonTests(ourHub: false);

/// <summary>Our hub answers.</summary>
public sealed class IpsecCharonInitiatesTests() : IpsecCharonTests(ourHub: true);
