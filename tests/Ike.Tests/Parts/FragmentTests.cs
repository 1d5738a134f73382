using CsCheck;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Parts;

/// <summary>RFC 7383: messages cut into fragments, and put together from them whatever comes in between.</summary>
public sealed class FragmentTests : IDisposable
{
    private static readonly IkeHeader Header = new(0x1111, 0x2222, default, IkeExchangeType.Auth, IkeFlags.Initiator, 1);
    private readonly IkeCipher _seals = Cipher(EncryptionId.AesGcm16);
    private readonly IkeCipher _opens = Cipher(EncryptionId.AesGcm16);

    public void Dispose()
    {
        _seals.Dispose();
        _opens.Dispose();
    }

    [Theory]
    [InlineData(1280, "192.0.2.1", 500, 1252)]
    [InlineData(1280, "192.0.2.1", 4500, 1248)]
    [InlineData(1280, "2001:db8::1", 4500, 1228)]
    public void LongestMessage_LeavesRoomForIpUdpAndMarker(int mtu, string remote, ushort port, int expected) =>
        Assert.Equal(expected, IkeFragmenter.LongestMessage(mtu, new IkePath(null, new(IpAddress.Parse(remote), port), new(IpAddress.Parse(remote), 1024))));

    [Theory]
    [InlineData(EncryptionId.AesGcm16)]
    [InlineData(EncryptionId.AesCbc)]
    [InlineData(EncryptionId.ChaCha20Poly1305)]
    public void Message_ThatFits_IsWhole_OneOctetMore_IsInFragmentsThatFit(EncryptionId encryption)
    {
        using IkeCipher seals = Cipher(encryption);
        const int longest = 600;
        int room = 600 - 32;
        while (seals.SealedLength(room) > 600 - 32) room--;
        byte[] whole = Assert.Single(IkeFragmenter.Protect(Header, IkePayloadType.IdInitiator, new byte[room], seals, longest));
        Assert.True(whole.Length <= longest && (IkePayloadType)whole[16] == IkePayloadType.Encrypted);
        byte[][] two = IkeFragmenter.Protect(Header, IkePayloadType.IdInitiator, new byte[room + 1], seals, longest);
        Assert.Equal(2, two.Length);
        Assert.All(two, fragment => Assert.True(fragment.Length <= longest && (IkePayloadType)fragment[16] == IkePayloadType.EncryptedFragment));
        // The first inner payload is named only by the first fragment; fragment number and total follow the payload header.
        Assert.Equal([(byte)IkePayloadType.IdInitiator, 0, 1, 0, 2], (byte[])[two[0][28], two[0][32], two[0][33], two[0][34], two[0][35]]);
        Assert.Equal([0, 0, 2, 0, 2], (byte[])[two[1][28], two[1][32], two[1][33], two[1][34], two[1][35]]);
    }

    [Fact]
    public void EmptyMessage_IsOneSk_AndAbsurdMtuStillMakesProgress()
    {
        Assert.Single(IkeFragmenter.Protect(Header, IkePayloadType.None, [], _seals, 100));
        byte[][] fragments = IkeFragmenter.Protect(Header, IkePayloadType.IdInitiator, new byte[500], _seals, 10);
        Assert.Equal(8, fragments.Length);
        Assert.Equal(500, Assemble(fragments).Length);
    }

    [Fact]
    public void AnyMessage_InAnyOrderWithDuplicates_IsPutTogetherAsItWas() =>
        Gen.Select(Gen.Byte.Array[0, 5000], Gen.Int[120, 1400], Gen.Int).Sample((plaintext, longest, seed) =>
        {
            byte[][] fragments = IkeFragmenter.Protect(Header, IkePayloadType.Certificate, plaintext, _seals, longest);
            if (fragments.Length is 1 or > FragmentAssembly.MaximumFragments) return;
            var random = new SeededRandom((ulong)seed);
            List<byte[]> order = [.. fragments, fragments[random.Below(fragments.Length)]];
            for (int i = order.Count - 1; i > 0; i--)
            {
                int j = random.Below(i + 1);
                (order[i], order[j]) = (order[j], order[i]);
            }
            var assembly = new FragmentAssembly(1);
            int kept = 0;
            foreach (byte[] fragment in order)
                if (assembly.TryAdd([.. fragment], _opens, out _)) kept++;
            Assert.Equal(fragments.Length, kept);
            Assert.True(assembly.IsComplete);
            Assert.Equal(plaintext, assembly.ToArray());
            Assert.Equal(IkePayloadType.Certificate, assembly.First);
        }, iter: 300, threads: 1);

    [Fact]
    public void Fragment_Twice_IsADuplicate_AndForgedOne_IsNotKept()
    {
        byte[][] fragments = Cut(1000, 400);
        var assembly = new FragmentAssembly(1);
        Assert.True(assembly.TryAdd([.. fragments[0]], _opens, out _));
        Assert.False(assembly.TryAdd([.. fragments[0]], _opens, out IkeDrop why));
        Assert.Equal(IkeDrop.AlreadyReceived, why);
        for (int i = 28; i < fragments[1].Length; i += 3)
        {
            byte[] forged = [.. fragments[1]];
            forged[i] ^= 4;
            Assert.False(assembly.TryAdd(forged, _opens, out why), $"octet {i}");
        }
        Assert.True(assembly.TryAdd([.. fragments[1]], _opens, out _));
        Assert.True(assembly.TryAdd([.. fragments[2]], _opens, out _));
        Assert.True(assembly.IsComplete);
        Assert.False(assembly.TryAdd([.. fragments[2]], _opens, out _));
    }

    [Fact]
    public void ForgedFirst_DoesNotBlockTheTrueOne()
    {
        byte[][] fragments = Cut(1000, 400);
        var assembly = new FragmentAssembly(1);
        byte[] forged = [.. fragments[1]];
        forged[^1] ^= 1;
        Assert.False(assembly.TryAdd(forged, _opens, out IkeDrop why));
        Assert.Equal(IkeDrop.IntegrityFailed, why);
        // A forged larger total must not throw away what is there (2.6: authenticity first).
        Assert.True(assembly.TryAdd([.. fragments[0]], _opens, out _));
        byte[] more = [.. fragments[1]];
        more[35] = 90;
        Assert.False(assembly.TryAdd(more, _opens, out _));
        foreach (byte[] fragment in fragments[1..]) Assert.True(assembly.TryAdd([.. fragment], _opens, out _));
        Assert.True(assembly.IsComplete);
    }

    [Fact]
    public void SenderCutsSmaller_WhatWasThereIsForgotten_AndOldFragmentsDoNotCount()
    {
        byte[][] large = Cut(1000, 500), small = Cut(1000, 300);
        Assert.True(small.Length > large.Length);
        var assembly = new FragmentAssembly(1);
        Assert.True(assembly.TryAdd([.. large[0]], _opens, out _));
        Assert.True(assembly.TryAdd([.. small[1]], _opens, out _));
        Assert.False(assembly.TryAdd([.. large[1]], _opens, out IkeDrop why));
        Assert.Equal(IkeDrop.BadFragment, why);
        for (int i = 0; i < small.Length; i++)
            if (i != 1) Assert.True(assembly.TryAdd([.. small[i]], _opens, out _));
        Assert.Equal(KeyScheduleTests.Bytes(1000, 1), assembly.ToArray());
        // What is complete stays so.
        Assert.False(assembly.TryAdd([.. Cut(1000, 200)[0]], _opens, out _));
        Assert.True(assembly.IsComplete);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    [InlineData(1, FragmentAssembly.MaximumFragments + 1)]
    [InlineData(65535, 65535)]
    public void Fragment_WithImpossibleNumbers_IsBad(ushort number, ushort total)
    {
        byte[] fragment = Cut(1000, 400)[0];
        (fragment[32], fragment[33], fragment[34], fragment[35]) = ((byte)(number >> 8), (byte)number, (byte)(total >> 8), (byte)total);
        Assert.False(new FragmentAssembly(1).TryAdd(fragment, _opens, out IkeDrop why));
        Assert.Equal(IkeDrop.BadFragment, why);
    }

    [Fact]
    public void Fragment_OfAnotherMessageOrExchange_IsBad()
    {
        byte[][] fragments = Cut(1000, 400), other = IkeFragmenter.Protect(Header with { Exchange = IkeExchangeType.Informational }, IkePayloadType.Notify, new byte[1000], _seals, 400);
        Assert.False(new FragmentAssembly(2).TryAdd([.. fragments[0]], _opens, out IkeDrop why));
        Assert.Equal(IkeDrop.BadFragment, why);
        var assembly = new FragmentAssembly(1);
        Assert.True(assembly.TryAdd([.. fragments[0]], _opens, out _));
        Assert.False(assembly.TryAdd([.. other[1]], _opens, out _));
        byte[] whole = Assert.Single(IkeFragmenter.Protect(Header, IkePayloadType.Notify, new byte[10], _seals, 400));
        Assert.False(assembly.TryAdd(whole, _opens, out why));
        Assert.Equal(IkeDrop.BadFragment, why);
    }

    [Fact]
    public void Fragments_OfMoreThanTheLongestMessage_AreNotKept()
    {
        // Each fragment is legal; together they are too much.
        byte[][] fragments = IkeFragmenter.Protect(Header, IkePayloadType.Notify, new byte[60_000], _seals, 1000);
        var assembly = new FragmentAssembly(1);
        foreach (byte[] fragment in fragments) assembly.TryAdd([.. fragment], _opens, out _);
        Assert.True(assembly.Length <= IkeLimits.MaximumMessage);
        Assert.False(assembly.IsComplete);
    }

    [Fact]
    public void Fragment_CutAtAnyOctet_IsRefused()
    {
        byte[] fragment = Cut(1000, 400)[0];
        for (int length = 0; length < fragment.Length; length++)
        {
            Assert.False(new FragmentAssembly(1).TryAdd(fragment[..length], _opens, out _));
            byte[] patched = fragment[..length];
            if (length < 32) continue;
            // Also with lengths that say so.
            (patched[26], patched[27], patched[30], patched[31]) = ((byte)(length >> 8), (byte)length, (byte)((length - 28) >> 8), (byte)(length - 28));
            Assert.False(new FragmentAssembly(1).TryAdd(patched, _opens, out _));
        }
    }

    [Fact]
    public void NumberOfAFragment_CanBeReadWithoutOpeningIt()
    {
        byte[][] fragments = Cut(1000, 400);
        Assert.Equal([1, 2, 3], fragments.Select(fragment => IkeView.TryParse(fragment, out IkeView view, out _) ? FragmentAssembly.NumberOf(view) : -1));
        byte[] whole = Assert.Single(IkeFragmenter.Protect(Header, IkePayloadType.Notify, new byte[10], _seals, 400));
        Assert.True(IkeView.TryParse(whole, out IkeView view, out _));
        Assert.Equal(0, FragmentAssembly.NumberOf(view));
    }

    private byte[][] Cut(int length, int longest) => IkeFragmenter.Protect(Header, IkePayloadType.Certificate, KeyScheduleTests.Bytes(length, 1), _seals, longest);

    private byte[] Assemble(byte[][] fragments)
    {
        var assembly = new FragmentAssembly(1);
        foreach (byte[] fragment in fragments) Assert.True(assembly.TryAdd(fragment, _opens, out IkeDrop why), why.ToString());
        Assert.True(assembly.IsComplete);
        return assembly.ToArray();
    }

    private static IkeCipher Cipher(EncryptionId encryption)
    {
        int bits = encryption == EncryptionId.ChaCha20Poly1305 ? 0 : 256;
        IntegrityId integrity = encryption == EncryptionId.AesCbc ? IntegrityId.HmacSha256 : IntegrityId.None;
        return IkeCipher.Create(
            encryption, bits, integrity, KeyScheduleTests.Bytes(IkeCipher.EncryptionKeyLength(encryption, bits), 3), KeyScheduleTests.Bytes(IkeCipher.IntegrityKeyLength(integrity), 4));
    }
}
