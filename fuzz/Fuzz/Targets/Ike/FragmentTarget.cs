using Dmvpn.Crypto;
using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Fuzz.Targets.Ike;

/// <summary>
/// Fragments of a message (RFC 7383) in any order, some of them changed on the way, some sealed by a peer that lies about numbers and totals: what comes out is what one sender sealed for one
/// total, and no more is kept than a message may have.
/// </summary>
internal sealed class FragmentTarget : IFuzzTarget
{
    private static readonly byte[] Key = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];

    public static string Name => "fragment";

    public static IEnumerable<byte[]> Seeds =>
    [
        [0, 200, 10, 0, 0, 0, 1, 0, 2],
        [3, 232, 40, 0, 5, 0, 4, 0, 3, 0, 2, 0, 1, 0, 0],
        [1, 0, 0, 3, 1, 2, 8, 3, 2, 2, 8, 0, 0, 0, 1, 1, 0, 4, 9, 0, 0],
        [2, 88, 60, 2, 0, 5, 7, 0, 0, 2, 1, 9, 9, 0, 1, 0, 2],
    ];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        var script = new Script(input);
        using IkeCipher sender = Cipher(), receiver = Cipher();
        byte[] content = new byte[1 + script.Below(3000)];
        for (int i = 0; i < content.Length; i++) content[i] = (byte)(i * 7);
        var header = new IkeHeader(1, 2, IkePayloadType.Encrypted, IkeExchangeType.Auth, IkeFlags.Initiator, 1);
        byte[][] honest = IkeFragmenter.Protect(header, IkePayloadType.IdInitiator, content, sender, 160 + script.Below(1200));
        if (honest.Length < 2) return;
        var assembly = new FragmentAssembly(1);
        bool lied = false;
        for (int steps = 0; steps < 200 && !script.IsOver && !assembly.IsComplete; steps++)
        {
            byte[] message = [.. honest[script.Below(honest.Length)]];
            switch (script.Below(4))
            {
                case 1:
                    // Changed on the way: whatever is no more authentic is not kept.
                    int at = script.Below(message.Length);
                    byte to = script.Next();
                    bool same = message[at] == to;
                    message[at] = to;
                    int before = assembly.Length;
                    bool taken = assembly.TryAdd(message, receiver, out _);
                    Check.That(same || !taken && assembly.Length == before, "a changed fragment is kept");
                    continue;
                case 2:
                    message = message[..script.Below(message.Length)];
                    Check.That(!assembly.TryAdd(message, receiver, out _), "a fragment that was cut is kept");
                    continue;
                case 3:
                    message = Lie(ref script, header, sender);
                    lied = true;
                    break;
                default:
                    break;
            }
            assembly.TryAdd(message, receiver, out _);
            Check.That(assembly.Length <= 32_768, "more is kept than a message may have");
        }
        if (!assembly.IsComplete) return;
        byte[] whole = assembly.ToArray();
        Check.That(whole.Length == assembly.Length, "the length is another");
        Check.That(lied || whole.AsSpan().SequenceEqual(content) && assembly.First == IkePayloadType.IdInitiator, "honest fragments become another message");
    }

    /// <summary>An authentic fragment with any number, total and content.</summary>
    private static byte[] Lie(ref Script script, IkeHeader header, IkeCipher sender)
    {
        int number = script.Below(100), total = script.Below(100), length = script.Below(1200);
        int body = IkeSpec.HeaderLength + IkeSpec.PayloadHeaderLength + IkeSpec.FragmentHeaderLength;
        byte[] message = new byte[body + sender.SealedLength(length)];
        (header with { FirstPayload = IkePayloadType.EncryptedFragment, Exchange = script.OneIn(4) ? IkeExchangeType.Informational : header.Exchange }).Write(message, message.Length);
        Span<byte> payload = message.AsSpan(IkeSpec.HeaderLength);
        payload[0] = script.Next();
        (payload[2], payload[3]) = ((byte)(payload.Length >> 8), (byte)payload.Length);
        (payload[5], payload[7]) = ((byte)number, (byte)total);
        sender.Seal(message, body, new byte[length]);
        return message;
    }

    private static IkeCipher Cipher() => IkeCipher.Create(EncryptionId.AesGcm16, 128, IntegrityId.None, Key, default);
}
