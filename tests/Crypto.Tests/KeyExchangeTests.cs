using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests;

public sealed class KeyExchangeTests
{
    public static TheoryData<DhGroup> Groups { get; } =
        [DhGroup.Modp2048, DhGroup.Modp3072, DhGroup.Modp4096, DhGroup.Ecp256, DhGroup.Ecp384, DhGroup.Ecp521, DhGroup.Curve25519];

    [Theory]
    [MemberData(nameof(Groups))]
    public void TwoEnds_ExchangePublicValues_HaveOneSecret(DhGroup group)
    {
        using KeyExchange a = KeyExchange.Generate(group), b = KeyExchange.Generate(group);
        Assert.Equal(KeyExchange.PublicLength(group), a.PublicValue.Length);
        Assert.True(a.TryDerive(b.PublicValue, out SecretBytes? ab));
        Assert.True(b.TryDerive(a.PublicValue, out SecretBytes? ba));
        Assert.True(ab.FixedTimeEquals(ba.Span));
        int expected = group switch { DhGroup.Ecp256 => 32, DhGroup.Ecp384 => 48, DhGroup.Ecp521 => 66, _ => KeyExchange.PublicLength(group) };
        Assert.Equal(expected, ab.Length);
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void BadPublicValue_Derived_IsRefused(DhGroup group)
    {
        using KeyExchange a = KeyExchange.Generate(group);
        byte[] zero = new byte[a.PublicValue.Length];
        byte[] one = new byte[zero.Length];
        one[^1] = 1;
        Assert.False(a.TryDerive(zero, out _));
        Assert.False(a.TryDerive(a.PublicValue[1..], out _));
        Assert.False(a.TryDerive([], out _));
        if (group != DhGroup.Curve25519)
        {
            Assert.False(a.TryDerive(one, out _));
            byte[] all = new byte[zero.Length];
            Array.Fill(all, (byte)0xFF);
            Assert.False(a.TryDerive(all, out _));
        }
    }
}
