using System.Text.Json;

namespace Dmvpn.Crypto.Tests.Wycheproof;

/// <summary>Google's Project Wycheproof: vectors for what implementations get wrong. The files are beside the checkout.</summary>
internal static class VectorFile
{
    /// <summary>The groups of a file, or a skip that says that it is not there.</summary>
    public static IReadOnlyList<JsonElement> Groups(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", "wycheproof", "testvectors_v1", name);
            if (!File.Exists(path)) continue;
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement.Clone();
            JsonElement[] groups = [.. root.GetProperty("testGroups").EnumerateArray()];
            // The file says how many there are: none is lost on the way.
            Assert.Equal(root.GetProperty("numberOfTests").GetInt32(), groups.Sum(group => group.GetProperty("tests").GetArrayLength()));
            return groups;
        }
        Assert.Skip($"Wycheproof's {name} is not beside the checkout");
        return [];
    }

    /// <summary>The tests of a group.</summary>
    public static IEnumerable<JsonElement> Tests(JsonElement group) => group.GetProperty("tests").EnumerateArray();

    /// <summary>A value in hexadecimal.</summary>
    public static byte[] Octets(this JsonElement test, string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);

    /// <summary>A number of bits.</summary>
    public static int Bits(this JsonElement group, string name) => group.GetProperty(name).GetInt32();

    /// <summary>valid, acceptable or invalid.</summary>
    public static string Result(this JsonElement test) => test.GetProperty("result").GetString()!;

    /// <summary>What a failure names.</summary>
    public static string Name(this JsonElement test) => $"{test.GetProperty("tcId")}: {test.GetProperty("comment")}";
}
