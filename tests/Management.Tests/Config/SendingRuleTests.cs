using Dmvpn.Core;
using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>By which tunnels several workers may send.</summary>
public sealed class SendingRuleTests
{
    [Theory]
    [InlineData("", "", "", true)]
    [InlineData(" tunnel sequence-datagrams", "", "", false)]
    [InlineData(" tunnel protection ipsec profile P", "", "", false)]
    [InlineData(" tunnel protection ipsec profile P", "", "crypto ipsec security-association replay window-size 512", false)]
    [InlineData(" tunnel protection ipsec profile P", "", "crypto ipsec security-association replay window-size 1024", true)]
    [InlineData(" tunnel protection ipsec profile P", "", "crypto ipsec security-association replay disable", true)]
    [InlineData(" tunnel protection ipsec profile P", " set security-association replay window-size 4096", "", true)]
    [InlineData(" tunnel protection ipsec profile P", " set security-association replay window-size 128", "crypto ipsec security-association replay window-size 4096", false)]
    [InlineData(" tunnel protection ipsec profile default", " set security-association replay window-size 4096", "", false)]
    [InlineData(" tunnel protection ipsec profile default", "", "crypto ipsec security-association replay window-size 4096", true)]
    [InlineData(" tunnel sequence-datagrams\n tunnel protection ipsec profile P", "", "crypto ipsec security-association replay window-size 4096", false)]
    public void MaySpread_OnlyWhereWhatIsLateIsTaken(string tunnelLines, string profileLine, string global, bool expected)
    {
        string text = $"""
            crypto ikev2 keyring K
             peer ANY
              address 0.0.0.0 0.0.0.0
              pre-shared-key secret-0815
            crypto ikev2 profile PR
             match identity remote any
             authentication local pre-share
             authentication remote pre-share
             keyring local K
            crypto ipsec profile P
             set ikev2-profile PR
            {profileLine}
            {global}
            interface Tunnel0
             ip address 10.0.0.1 255.255.255.0
             ip nhrp network-id 1
             tunnel source eth0
             tunnel mode gre multipoint
            {tunnelLines}
            """;
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        Assert.Equal(expected, SendingRule.MaySpread(config.Tunnel(new TunnelId(0))!, config.Crypto));
    }
}
