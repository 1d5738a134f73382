using System.Text.Json;

namespace Dmvpn.Daemon.Tests;

/// <summary>The JSON of <c>dmvpn check</c>: what scripts read.</summary>
public sealed class ConfigurationCheckTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dmvpn-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("interface Tunnel0\n tunnel source eth0\n tunnel mode gre multipoint\n ip nhrp network-id 1\nsnmp-server community aSecretOne RO\n", true)]
    [InlineData("interface Tunnel0\n tunnel source eth0\n tunnel mode gre multipoint\n ip nhrp network-id 1\nsnmp-server community aSecretOne RO\nnonsense\n", false)]
    public void AnyFile_SaysWhatWasUnderstoodAndPassedOver(string text, bool accepted)
    {
        JsonElement json = Check(text, accepted);
        JsonElement tunnel = Assert.Single(json.GetProperty("understood").GetProperty("tunnels").EnumerateArray());
        Assert.Equal("Tunnel0", tunnel.GetProperty("name").GetString());
        Assert.Equal("greMultipoint", tunnel.GetProperty("mode").GetString());
        // Also what is not there is said.
        Assert.Equal(JsonValueKind.Null, tunnel.GetProperty("protection").ValueKind);
        Assert.Equal(JsonValueKind.Null, tunnel.GetProperty("vrf").ValueKind);
        Assert.Equal(0, json.GetProperty("understood").GetProperty("routing").GetArrayLength());
        JsonElement line = Assert.Single(json.GetProperty("passedOver").EnumerateArray());
        Assert.Equal(5, line.GetProperty("line").GetInt32());
        Assert.Equal("snmp-server community ********** RO", line.GetProperty("text").GetString());
        Assert.NotEmpty(line.GetProperty("reason").GetString()!);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hostname a\n")]
    public void FileWithoutATunnel_IsRefused(string text) =>
        Assert.Equal(0, Check(text, accepted: false).GetProperty("understood").GetProperty("tunnels").GetArrayLength());

    [Fact]
    public void MissingFile_HasTheSameForm()
    {
        (bool accepted, string text) = ConfigurationCheck.Run(Path.Combine(_folder, "none"), json: true);
        Assert.False(accepted);
        using JsonDocument json = JsonDocument.Parse(text);
        Assert.Equal(0, json.RootElement.GetProperty("understood").GetProperty("tunnels").GetArrayLength());
        Assert.Equal(0, json.RootElement.GetProperty("passedOver").GetArrayLength());
    }

    private JsonElement Check(string text, bool accepted)
    {
        string path = Path.Combine(_folder, "router.conf");
        File.WriteAllText(path, text);
        (bool isAccepted, string answer) = ConfigurationCheck.Run(path, json: true);
        Assert.Equal(accepted, isAccepted);
        Assert.DoesNotContain("aSecretOne", answer);
        using JsonDocument json = JsonDocument.Parse(answer);
        Assert.Equal(accepted, json.RootElement.GetProperty("accepted").GetBoolean());
        return json.RootElement.Clone();
    }
}
