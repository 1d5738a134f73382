using Dmvpn.Core;

namespace Dmvpn.Wire.Tests;

public sealed class WireReaderTests
{
    [Fact]
    public void Fields_WrittenAndRead_AreTheSame()
    {
        byte[] buffer = new byte[64];
        Array.Fill(buffer, (byte)0xA5);
        var writer = new WireWriter(buffer);
        writer.WriteByte(1);
        writer.WriteUInt16(0);
        writer.WriteUInt32(0x03040506);
        writer.WriteUInt64(7);
        writer.WriteAddress(Views.A4);
        writer.WriteAddress(Views.A6);
        writer.WriteAddress(IpAddress.None);
        writer.WriteZeros(2);
        writer.WriteBytes([8, 9]);
        writer.PatchUInt16(1, 0x0102);
        Assert.False(writer.Failed);
        Assert.Equal(39, writer.Position);
        Assert.Equal(0xA5, buffer[39]);

        var reader = new WireReader(writer.Written);
        Assert.Equal((1, 0x0102, 0x03040506u, 7ul), (reader.ReadByte(), reader.ReadUInt16(), reader.ReadUInt32(), reader.ReadUInt64()));
        Assert.Equal((Views.A4, Views.A6, IpAddress.None), (reader.ReadAddress(4), reader.ReadAddress(16), reader.ReadAddress(0)));
        reader.Skip(2);
        Assert.Equal(2, reader.Left);
        Assert.Equal([8, 9], reader.ReadBytes(2).ToArray());
        Assert.Equal((false, 0, 39), (reader.Failed, reader.Left, reader.Position));
    }

    [Fact]
    public void Read_BeyondTheEnd_FailsForGood()
    {
        var reader = new WireReader([1, 2, 3]);
        Assert.Equal(0u, reader.ReadUInt32());
        Assert.True(reader.Failed);
        Assert.Equal(0, reader.ReadByte());
        Assert.Equal((0, 0, 0), (reader.Left, reader.Rest.Length, reader.Position));
        reader = new WireReader([1, 2, 3]);
        reader.ReadBytes(-1);
        Assert.True(reader.Failed);
        reader = new WireReader([1, 2, 3, 4, 5]);
        reader.ReadAddress(5);
        Assert.True(reader.Failed);
        reader = new WireReader([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4]);
        Assert.Equal(IpAddress.None, reader.ReadAddress(16));
        Assert.True(reader.Failed);
    }

    [Fact]
    public void Write_BeyondTheEnd_FailsForGoodAndTouchesNothing()
    {
        byte[] buffer = [0xA5, 0xA5, 0xA5];
        var writer = new WireWriter(buffer);
        writer.WriteUInt32(1);
        writer.WriteByte(1);
        Assert.Equal((true, 0), (writer.Failed, writer.Position));
        Assert.Equal([0xA5, 0xA5, 0xA5], buffer);
    }
}
