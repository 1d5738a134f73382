using System.Text;
using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>A file twice as long takes twice as much, not four times: measured by what is allocated, which no other load disturbs.</summary>
public sealed class LargeFileTests
{
    private const string End = """
        crypto ikev2 profile I
         match identity remote address 192.0.2.0 255.255.255.0
         authentication remote pre-share
         authentication local pre-share
         keyring local K
        crypto ipsec profile P
         set ikev2-profile I
        interface Tunnel0
         ip address 172.20.0.1 255.255.0.0
         ip nhrp network-id 1
         tunnel source eth0
         tunnel mode gre multipoint
         tunnel protection ipsec profile P

        """;

    private const string Key = "crypto ikev2 keyring K\n peer ANY\n  address 192.0.2.0 255.255.255.0\n  pre-shared-key aVeryLongKeyOfThisTest\n";

    public static TheoryData<string> Kinds => ["peers", "profiles", "tunnels", "routes", "maps", "interfaces", "access list", "errors", "short keys"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void FileTwiceAsLong_TakesAboutTwiceAsMuch(string kind)
    {
        _ = Allocated(Text(kind, 100));
        long one = Allocated(Text(kind, 1500)), two = Allocated(Text(kind, 3000));
        Assert.True(two < one * 2.5, $"{kind}: {one} bytes, then {two}");
    }

    [Theory]
    [InlineData("peers", 8000)]
    [InlineData("profiles", 5000)]
    [InlineData("tunnels", 2000)]
    [InlineData("routes", 20000)]
    public void LargeFile_IsReadPrintedAndCompared(string kind, int count)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Text(kind, count), needsTunnel: true);
        Assert.True(config is not null, string.Join('\n', report.Findings.Where(f => f.Kind == FindingKind.Error).Take(3).Select(f => f.Reason)));
        (RouterConfig? again, _) = ConfigLoader.Load(RunningConfig.Write(config, withSecrets: true));
        Assert.NotNull(again);
        Assert.True(ConfigDiff.Compute(config, again).IsEmpty);
        Assert.Empty(ConfigLosses.Of(config, again));
    }

    private static long Allocated(string text)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        (RouterConfig? config, _) = ConfigLoader.Load(text, needsTunnel: true);
        if (config is not null)
        {
            _ = RunningConfig.Write(config);
            _ = ConfigDiff.Compute(new RouterConfig(), config);
        }
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static string Text(string kind, int count)
    {
        var text = new StringBuilder();
        if (kind is "peers" or "short keys") text.Append("crypto ikev2 keyring K\n");
        else text.Append(Key);
        if (kind is not ("peers" or "short keys" or "profiles")) text.Append(End);
        if (kind == "access list") text.Append("ip access-list extended A\n");
        for (int i = 1; i <= count; i++)
        {
            string address = $"10.{i >> 14 & 255}.{i >> 6 & 255}.{(i & 63) << 2 | 1}";
            text.Append(kind switch
            {
                "peers" => $" peer p{i}\n  address {address} 255.255.255.255\n  pre-shared-key aVeryLongKeyOfPeer{i * 7919}\n",
                "short keys" => $" peer p{i}\n  address 0.0.0.0 0.0.0.0\n  pre-shared-key cisco\n",
                "profiles" => $"crypto ikev2 profile I{i}\n match identity remote fqdn s{i}.example.net\n authentication remote pre-share\n authentication local pre-share\n keyring local K\n"
                    + $"crypto ipsec profile P{i}\n set ikev2-profile I{i}\n",
                "tunnels" => $"interface Tunnel{i}\n ip address {address} 255.255.255.252\n ip nhrp network-id {i + 1}\n tunnel source eth{i}\n tunnel mode gre multipoint\n tunnel protection ipsec profile P\n",
                "routes" => $"ip route {address} 255.255.255.255 172.20.{i >> 7 & 255}.{(i & 127) + 2}\n",
                "maps" => $" ip nhrp map 172.20.{i >> 7 & 255}.{(i & 127) + 2} {address}\n",
                "interfaces" => $"interface GigabitEthernet0/{i}\n ip address {address} 255.255.255.252\n ip helper-address 10.0.0.9\n",
                "access list" => $" permit ip host {address} any\n",
                _ => $"nonsense {i}\n",
            });
        }
        if (kind is "peers" or "short keys" or "profiles") text.Append(End);
        return text.ToString();
    }
}
