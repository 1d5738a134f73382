using Dmvpn.Wire.Ike;

namespace Dmvpn.Wire.Tests.Ike;

/// <summary>Each payload, bytes and value, both ways.</summary>
public sealed class IkePayloadTests
{
    [Fact]
    public void KeyExchange_BothWays()
    {
        byte[] bytes = Written(static (ref to) => to.KeyExchange(DhGroup.Curve25519, [1, 2, 3]));
        Assert.Equal("0000000b" + "001f0000" + "010203", Convert.ToHexStringLower(bytes));
        Assert.True(IkeKeyExchangeView.TryParse(bytes.AsSpan(4), out IkeKeyExchangeView view, out _));
        Assert.Equal((DhGroup.Curve25519, "010203"), (view.Group, Convert.ToHexString(view.Data)));
    }

    [Fact]
    public void Nonce_BothWays() => Assert.Equal("00000007" + "0a0b0c", Convert.ToHexStringLower(Written(static (ref to) => to.Nonce([10, 11, 12]))));

    [Theory]
    [InlineData(IkePayloadType.Certificate, "00000007" + "04" + "3082")]
    [InlineData(IkePayloadType.CertificateRequest, "00000007" + "04" + "3082")]
    public void Certificate_BothWays(IkePayloadType type, string expected)
    {
        byte[] bytes = Written((ref to) => to.Certificate(type, IkeCertificateEncoding.X509Signature, [0x30, 0x82]), type);
        Assert.Equal(expected, Convert.ToHexStringLower(bytes));
        Assert.True(IkeCertificateView.TryParse(bytes.AsSpan(4), out IkeCertificateView view, out _));
        Assert.Equal((IkeCertificateEncoding.X509Signature, "3082"), (view.Encoding, Convert.ToHexString(view.Data)));
    }

    [Fact]
    public void Authentication_BothWays()
    {
        byte[] bytes = Written(static (ref to) => to.Authentication(IkeAuthMethod.DigitalSignature, [0xAA, 0xBB]));
        Assert.Equal("0000000a" + "0e000000" + "aabb", Convert.ToHexStringLower(bytes));
        Assert.True(IkeAuthenticationView.TryParse(bytes.AsSpan(4), out IkeAuthenticationView view, out _));
        Assert.Equal((IkeAuthMethod.DigitalSignature, "AABB"), (view.Method, Convert.ToHexString(view.Data)));
    }

    [Fact]
    public void Notify_OfAnSa_BothWays()
    {
        byte[] bytes = Written(static (ref to) => to.Notify(IkeProtocolId.Esp, [1, 2, 3, 4], IkeNotifyType.RekeySa, [0xFF]));
        Assert.Equal("0000000d" + "03044009" + "01020304" + "ff", Convert.ToHexStringLower(bytes));
        Assert.True(IkeNotifyView.TryParse(bytes.AsSpan(4), out IkeNotifyView view, out _));
        Assert.Equal((IkeProtocolId.Esp, IkeNotifyType.RekeySa, false), (view.Protocol, view.Type, view.IsError));
        Assert.Equal(("01020304", "FF"), (Convert.ToHexString(view.Spi), Convert.ToHexString(view.Data)));
    }

    [Fact]
    public void Notify_OfAnError_BothWays()
    {
        byte[] bytes = Written(static (ref to) => to.Notify(IkeNotifyType.InvalidKePayload, [0, 19]));
        Assert.Equal("0000000a" + "00000011" + "0013", Convert.ToHexStringLower(bytes));
        Assert.True(IkeNotifyView.TryParse(bytes.AsSpan(4), out IkeNotifyView view, out _));
        Assert.True(view.IsError);
        Assert.True(view.Spi.IsEmpty);
    }

    [Fact]
    public void Notify_WhoseSpiRunsPastIt_IsRefused()
    {
        Assert.False(IkeNotifyView.TryParse([3, 5, 0, 11, 1, 2, 3, 4], out _, out Malformed why));
        Assert.Equal(Malformed.LengthTooLarge, why);
    }

    [Fact]
    public void Delete_OfIke_BothWays()
    {
        byte[] bytes = Written(static (ref to) => to.DeleteIke());
        Assert.Equal("00000008" + "01000000", Convert.ToHexStringLower(bytes));
        Assert.True(IkeDeleteView.TryParse(bytes.AsSpan(4), out IkeDeleteView view, out _));
        Assert.Equal((IkeProtocolId.Ike, 0, 0), (view.Protocol, view.SpiSize, view.Count));
    }

    [Fact]
    public void Delete_OfEsp_BothWays()
    {
        byte[] bytes = Written(static (ref to) => to.DeleteEsp([0x100, 0xFFFFFFFF]));
        Assert.Equal("00000010" + "03040002" + "00000100" + "ffffffff", Convert.ToHexStringLower(bytes));
        Assert.True(IkeDeleteView.TryParse(bytes.AsSpan(4), out IkeDeleteView view, out _));
        Assert.Equal((4, 2, 0x100u, uint.MaxValue), (view.SpiSize, view.Count, view.Spi(0), view.Spi(1)));
    }

    [Theory]
    [InlineData("03040002" + "00000100")]
    [InlineData("03040001" + "0000010000000200")]
    [InlineData("0300ffff")]
    [InlineData("01080001")]
    [InlineData("03ffffff" + "00")]
    public void Delete_WhoseCountDoesNotFit_IsRefused(string body)
    {
        Assert.False(IkeDeleteView.TryParse(Convert.FromHexString(body), out _, out Malformed why));
        Assert.Equal(Malformed.LengthTooLarge, why);
    }

    [Fact]
    public void Identity_BothWays()
    {
        byte[] bytes = Written(static (ref to) => to.Identity(IkePayloadType.IdInitiator, IkeIdentity.Fqdn("hub")));
        Assert.Equal("0000000b" + "02000000" + "687562", Convert.ToHexStringLower(bytes));
        Assert.Equal(bytes[4..], IkePayloadWriter.IdentityBody(IkeIdentity.Fqdn("hub")));
        Assert.True(IkeIdentityView.TryParse(bytes.AsSpan(4), out IkeIdentityView view, out _));
        Assert.Equal(IkeIdentity.Fqdn("hub"), new IkeIdentity(view.Type, view.Data));
        Assert.Equal(bytes[4..], view.Body.ToArray());
    }

    [Fact]
    public void VendorId_Written_IsItsBytes() => Assert.Equal("00000006beef", Convert.ToHexStringLower(Written(static (ref to) => to.VendorId([0xBE, 0xEF]))));

    [Fact]
    public void Writer_OutOfRoomAtAnyOctet_SaysSoAndWritesNotBeyond()
    {
        byte[] full = Everything(new byte[1024], out bool failed);
        Assert.False(failed);
        for (int room = 0; room < full.Length; room++)
        {
            byte[] buffer = new byte[room + 8];
            Array.Fill(buffer, (byte)0xA5);
            Everything(buffer.AsSpan(0, room), out failed);
            Assert.True(failed, $"{room} octets are not enough");
            Assert.Equal(-1, buffer.AsSpan(room).IndexOfAnyExcept((byte)0xA5));
        }
    }

    [Fact]
    public void Payload_LongerThanItsLengthFieldCanSay_IsAFailure()
    {
        byte[] room = new byte[70_000];
        var writer = new IkePayloadWriter(room);
        writer.Nonce(new byte[65_531]);
        Assert.False(writer.Failed);
        writer = new IkePayloadWriter(room);
        writer.Nonce(new byte[65_532]);
        writer.VendorId([]);
        Assert.True(writer.Failed);
    }

    private delegate void Write(ref IkePayloadWriter to);

    private static byte[] Written(Write write, IkePayloadType? type = null)
    {
        byte[] buffer = new byte[128];
        Array.Fill(buffer, (byte)0xA5);
        var writer = new IkePayloadWriter(buffer);
        write(ref writer);
        Assert.False(writer.Failed);
        if (type is not null) Assert.Equal(type, writer.First);
        return writer.Written.ToArray();
    }

    private static byte[] Everything(Span<byte> room, out bool failed)
    {
        var writer = new IkePayloadWriter(room);
        writer.SecurityAssociation(IkeGolden.Proposals);
        writer.KeyExchange(DhGroup.Ecp256, new byte[8]);
        writer.Identity(IkePayloadType.IdResponder, IkeIdentity.Of(Views.A6));
        writer.Certificate(IkePayloadType.Certificate, IkeCertificateEncoding.X509Signature, [1]);
        writer.Authentication(IkeAuthMethod.SharedKey, new byte[5]);
        writer.Notify(IkeProtocolId.Esp, new byte[4], IkeNotifyType.RekeySa, default);
        writer.DeleteIke();
        writer.DeleteEsp([1, 2]);
        writer.TrafficSelectors(IkePayloadType.TrafficSelectorInitiator, [TrafficSelector.Gre(Views.A4), TrafficSelector.Gre(Views.A6)]);
        writer.Raw(IkePayloadType.Configuration, new byte[3], isCritical: true);
        failed = writer.Failed;
        return writer.Written.ToArray();
    }
}
