using Dmvpn.Cli.Exec;

namespace Dmvpn.Cli.Tests.Exec;

public sealed class OutputModifierTests
{
    private const string Screen = "interface Tunnel1\n ip address 10.0.0.1 255.255.255.0\n tunnel key 1\nrouter odr\n distance 200\ninterface Tunnel2\n tunnel key 2\n";

    [Theory]
    [InlineData("| include key", " tunnel key 1\n tunnel key 2\n")]
    [InlineData("| inc odr|Tunnel2", "router odr\ninterface Tunnel2\n")]
    [InlineData("| exclude ^ .", "interface Tunnel1\nrouter odr\ninterface Tunnel2\n")]
    [InlineData("| begin odr", "router odr\n distance 200\ninterface Tunnel2\n tunnel key 2\n")]
    [InlineData("| section router", "router odr\n distance 200\n")]
    [InlineData("| section include Tunnel2", "interface Tunnel2\n tunnel key 2\n")]
    [InlineData("| sec exclude interface", "router odr\n distance 200\n")]
    [InlineData("| count interface", "Number of lines which match regexp = 2\n")]
    [InlineData("| section Tunnel | include key", " tunnel key 1\n tunnel key 2\n")]
    [InlineData("| include nothing", "")]
    public void Screen_ThroughModifier_IsWhatIosShows(string modifier, string expected)
    {
        Assert.True(OutputModifier.TrySplit("show running-config " + modifier, out string command, out List<OutputModifier> modifiers, out _));
        Assert.Equal("show running-config", command);
        Assert.Equal(expected, OutputModifier.Apply(Screen, modifiers));
    }

    [Theory]
    [InlineData("show x | frob y", "% Unknown output modifier 'frob'")]
    [InlineData("show x | include", "% Output modifier 'include' needs a regular expression")]
    [InlineData("show x | include (", "% Not a regular expression: (")]
    public void Modifier_NotUnderstood_SaysWhy(string line, string expected)
    {
        Assert.False(OutputModifier.TrySplit(line, out _, out _, out string error));
        Assert.Equal(expected, error);
    }
}
