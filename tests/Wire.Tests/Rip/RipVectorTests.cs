using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dmvpn.Wire.Rip;

namespace Dmvpn.Wire.Tests.Rip;

/// <summary>Messages of other implementations and of real routers, from the shared data beside the checkout.</summary>
public sealed class RipVectorTests
{
    [Theory]
    [InlineData("holo-rip-ripv2.jsonl", false)]
    [InlineData("holo-rip-ripng.jsonl", true)]
    public void MessageOfHolo_IsReproducedOrRefused(string file, bool isNg)
    {
        foreach (JsonElement vector in Lines(file))
        {
            byte[] bytes = Convert.FromHexString(vector.GetProperty("bytes")[0].GetString()!);
            string expected = vector.GetProperty("expect").GetString()!, name = vector.GetProperty("name").GetString()!;
            byte[]? again = isNg
                ? RipngView.TryParse(bytes, out RipngView ng, out _) ? ng.ToPacket().ToBytes() : null
                : RipView.TryParse(bytes, out RipView view, out _) ? view.ToPacket().ToBytes() : null;
            Assert.True(again is null == expected.Contains("Err(", StringComparison.Ordinal), name);
            if (again is not null) Assert.Equal(bytes, again);
        }
    }

    [Fact]
    public void MessageOfARealRouter_SignedWithMd5_HasTheDigestOfItsPassword()
    {
        int found = 0;
        foreach (JsonElement vector in Lines("john-auth.jsonl"))
        {
            if (vector.GetProperty("proto").GetString() != "ripv2" || vector.GetProperty("alg").GetString() != "keyed-md5") continue;
            found++;
            byte[] before = Convert.FromHexString(vector.GetProperty("packet").GetString()!), digest = Convert.FromHexString(vector.GetProperty("digest").GetString()!);
            byte[] message = [.. before, .. digest];
            Assert.True(RipView.TryParse(message, out RipView view, out Malformed why), why.ToString());
            Assert.Equal(before.Length, view.Authentication.SignedLength + RipSpec.TrailerHeaderLength);
            byte[] key = new byte[16];
            Encoding.ASCII.GetBytes(vector.GetProperty("password").GetString()!, key);
            Assert.Equal(MD5.HashData([.. before, .. key]), view.Authentication.Digest.ToArray());
            Assert.Equal(message, view.ToPacket().ToBytes());
        }
        Assert.True(found > 3);
    }

    private static IEnumerable<JsonElement> Lines(string file)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", "routing", "vectors", file);
            if (!File.Exists(path)) continue;
            return File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement);
        }
        Assert.Skip($"NOT TESTED with messages of other implementations: there is no ../shared/data/routing/vectors/{file} beside the repository");
        return [];
    }
}
