using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>What a reload does only when it is forced.</summary>
public sealed class ConfigLossesTests
{
    private const string Crypto = """
        crypto ikev2 keyring K
         peer HUB
          address 192.0.2.1
          pre-shared-key aVeryLongKeyOfThisTest
        crypto ikev2 profile I
         match identity remote address 192.0.2.1 255.255.255.255
         authentication remote pre-share
         authentication local pre-share
         keyring local K
        crypto ipsec transform-set T esp-gcm 256
         mode transport
        crypto ipsec profile P
         set transform-set T
         set ikev2-profile I

        """;

    private const string Tunnel0 = """
        interface Tunnel0
         ip address 172.20.0.1 255.255.255.0
         ip nhrp network-id 1
         tunnel source eth0
         tunnel mode gre multipoint

        """;

    private const string Protection = " tunnel protection ipsec profile P\n";

    private static readonly RouterConfig Running = Load(Crypto + Tunnel0 + Protection);

    [Fact]
    public void ProtectionThatGoes_IsALoss_AndSaysWhich() =>
        Assert.Equal(["Tunnel0 would lose its protection (ipsec profile P): its packets would leave in clear text"], ConfigLosses.Of(Running, Load(Tunnel0)));

    [Fact]
    public void ProtectionThatGoesWithShutdown_IsALossToo() => Assert.Single(ConfigLosses.Of(Running, Load(Tunnel0 + " shutdown\n")));

    [Fact]
    public void LastTunnelThatGoes_IsALoss() => Assert.Contains("no tunnel would be left", Assert.Single(ConfigLosses.Of(Running, Load("hostname a\n"))));

    [Fact]
    public void ProtectedTunnelUnderAnotherNumberWithoutProtection_IsALoss() =>
        Assert.StartsWith("Tunnel9 would lose its protection", Assert.Single(ConfigLosses.Of(Running, Load(Tunnel0.Replace("Tunnel0", "Tunnel9", StringComparison.Ordinal)))));

    [Fact]
    public void EncryptionThatGoes_IsALoss() =>
        Assert.StartsWith("Tunnel0 would lose its encryption", Assert.Single(ConfigLosses.Of(Running, Load((Crypto + Tunnel0 + Protection).Replace("esp-gcm 256", "esp-gmac 256", StringComparison.Ordinal)))));

    [Fact]
    public void OtherChanges_AreNone()
    {
        Assert.Empty(ConfigLosses.Of(Running, Running));
        Assert.Empty(ConfigLosses.Of(new(), Load(Tunnel0)));
        Assert.Empty(ConfigLosses.Of(new(), new()));
        Assert.Empty(ConfigLosses.Of(Load(Tunnel0), Running));
        Assert.Empty(ConfigLosses.Of(Running, Load(Crypto + Tunnel0 + Protection + " ip mtu 1380\n shutdown\n")));
        Assert.Empty(ConfigLosses.Of(Running, Load(Crypto + Tunnel0.Replace("Tunnel0", "Tunnel9", StringComparison.Ordinal) + Protection)));
        // One of two tunnels goes.
        string second = "interface Tunnel1\n ip address 172.21.0.1 255.255.255.0\n tunnel source eth1\n tunnel mode gre multipoint\n";
        Assert.Empty(ConfigLosses.Of(Load(Crypto + Tunnel0 + Protection + second + Protection), Load(Crypto + Tunnel0 + Protection)));
    }

    private static RouterConfig Load(string text)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        return config;
    }
}
