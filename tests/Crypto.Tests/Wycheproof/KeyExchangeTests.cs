using System.Text.Json;
using Dmvpn.Crypto.Tests.Vectors;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests.Wycheproof;

/// <summary>The NIST curves and Curve25519, with the public values that attackers send.</summary>
public sealed class KeyExchangeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("ecdh_secp256r1_ecpoint_test.json", DhGroup.Ecp256)]
    [InlineData("ecdh_secp384r1_ecpoint_test.json", DhGroup.Ecp384)]
    [InlineData("ecdh_secp521r1_ecpoint_test.json", DhGroup.Ecp521)]
    public void PointVectors_Derived_AreJudgedRightly(string file, DhGroup group)
    {
        int derived = 0, refused = 0, compressed = 0;
        foreach (JsonElement test in VectorFile.Groups(file).SelectMany(VectorFile.Tests))
        {
            byte[] point = test.Octets("public");
            using KeyExchange own = PrivateKeys.Import(group, test.Octets("private"));
            if (test.Result() == "acceptable")
            {
                // A compressed point: RFC 5903 7 has no such form.
                Assert.True(point[0] is 2 or 3, test.Name());
                Assert.False(own.TryDerive(point.AsSpan(1), out _), test.Name());
                compressed++;
                continue;
            }
            // What begins with another octet cannot be told in a KE payload; the rest must still be refused.
            bool uncompressed = point.Length > 0 && point[0] == 4;
            bool good = own.TryDerive(uncompressed ? point.AsSpan(1) : point, out SecretBytes? secret);
            Assert.True(good == (test.Result() == "valid"), test.Name());
            if (good) Assert.True(secret!.FixedTimeEquals(test.Octets("shared")), test.Name());
            secret?.Dispose();
            if (good) derived++;
            else refused++;
        }
        output.WriteLine($"{derived} secrets, {refused} refused, {compressed} compressed");
        Assert.True(derived > 200 && refused >= 10, $"{derived}, {refused}");
    }

    [Fact]
    public void Curve25519Vectors_Derived_AreJudgedRightly()
    {
        int derived = 0, refused = 0;
        foreach (JsonElement test in VectorFile.Groups("x25519_test.json").SelectMany(VectorFile.Tests))
        {
            byte[] expected = test.Octets("shared");
            using KeyExchange own = PrivateKeys.Import(DhGroup.Curve25519, test.Octets("private"));
            // "Acceptable" are values that are not reduced or on the twist, which RFC 7748 5 wants taken, and those of small order, whose secret RFC 8031 5 wants refused.
            bool zero = !expected.AsSpan().ContainsAnyExcept((byte)0);
            Assert.False(zero && test.Result() == "valid", test.Name());
            bool good = own.TryDerive(test.Octets("public"), out SecretBytes? secret);
            Assert.True(good == (test.Result() != "invalid" && !zero), test.Name());
            if (good) Assert.True(secret!.FixedTimeEquals(expected), test.Name());
            secret?.Dispose();
            if (good) derived++;
            else refused++;
        }
        output.WriteLine($"{derived} secrets, {refused} refused");
        Assert.True(derived > 400 && refused > 10, $"{derived}, {refused}");
    }
}
