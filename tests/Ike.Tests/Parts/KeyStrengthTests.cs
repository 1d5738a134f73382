namespace Dmvpn.Ike.Tests.Parts;

/// <summary>Which pre-shared keys are said to be weak.</summary>
public sealed class KeyStrengthTests
{
    [Theory]
    [InlineData("cisco123", true)]
    [InlineData("guest-secret-1", true)]
    [InlineData("short-but-odd-9", true)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true)]
    [InlineData("1234567890123456", true)]
    [InlineData("abcdefghijklmnopqrstuvwxyz", true)]
    [InlineData("DmvpnDmvpnDmvpnDmvpn", true)]
    [InlineData("Branch7Branch7Branch7Branch7", true)]
    [InlineData("cisco-dmvpn-secret-key-123", true)]
    [InlineData("MyVpnPassword2024", true)]
    [InlineData("20240131", true)]
    [InlineData("8471920365471", true)]
    [InlineData("mVh2x9Lq0ZrT5wKe", false)]
    [InlineData("q7Xn0vBf3sYt8uLp2cRd", false)]
    [InlineData("kdoqwpvznxyrmabtceuj", false)]
    [InlineData("correct horse battery staple", false)]
    [InlineData("84719203654710293847561029384756", false)]
    [InlineData("8f3a1c9e0b7d5246", false)]
    public void Text_GuessableOrNot_IsSaidSo(string key, bool weak) => Assert.Equal(weak, KeyStrength.WeaknessOf(key) is not null);

    [Theory]
    [InlineData("00000000000000000000000000000000", true)]
    [InlineData("000102030405060708090a0b0c0d0e0f", false)]
    [InlineData("9f3a7c21d80e", true)]
    [InlineData("9f3a7c21d80e5b6419aa03f7c2d1e856", false)]
    public void Octets_FewOrAllAlike_AreWeak(string digits, bool weak) => Assert.Equal(weak, KeyStrength.WeaknessOf(PreSharedKey.FromHexadecimal(digits)!) is not null);

    [Fact]
    public void Words_DoNotTellTheKey()
    {
        foreach (string key in (string[])["hunter2", "hunter2hunter2hunter2"]) Assert.DoesNotContain("hunter", KeyStrength.WeaknessOf(key));
    }
}
