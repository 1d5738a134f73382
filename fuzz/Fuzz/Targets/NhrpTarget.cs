using Dmvpn.Wire;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Fuzz.Targets;

internal sealed class NhrpTarget : IFuzzTarget
{
    public static string Name => "nhrp";

    /// <summary>What IOS sent: a registration request, a traffic indication; and a bare purge.</summary>
    public static IEnumerable<byte[]> Seeds =>
    [
        Convert.FromHexString(
            "000108000000000000ff006c197b003401030400" + "0404800200000001a9fe64019b0100019b010005" + "0020000045f81c2000000000"
            + "8003000080040000800500008007000c000000014e48525041555448" + "000900140020000045f8000004000400a9fe64059b01000580000000"),
        Convert.FromHexString(
            "000108000000000000ff0062d9d0004401080400" + "0404000000000000c0a8c8010affff010affff03" + "450000640005" + "0000ff01a78f0affff030affff020800325b00010000"
            + "80040000800500008007000a00000001736563726574" + "0009000080000000"),
        Convert.FromHexString("000108000000000000ff00280000000001050400" + "0404000000000009a9fe64019b0100019b010005"),
    ];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (!Check.Answer(NhrpView.TryParse(input, out NhrpView view, out Malformed why), why)) return;
        _ = NhrpText.Format(view);
        foreach (NhrpExtensionView extension in view.Extensions)
        {
            if (!extension.TryGetCies(out NhrpCieList cies)) continue;
            foreach (NhrpCieView cie in cies) _ = cie.ToCie();
        }
        byte[] ours = NhrpPacket.From(view).Write();
        Check.That(view.Bytes.SequenceEqual(ours), $"differs at byte {view.Bytes.CommonPrefixLength(ours)}");
    }

    public static void Repair(Span<byte> input)
    {
        if (input.Length < 28) return;
        int size = Math.Min(input.Length, input[10] << 8 | input[11]);
        if (size < 28) (input[10], input[11], size) = ((byte)(input.Length >> 8), (byte)input.Length, input.Length);
        input[12] = input[13] = 0;
        ushort checksum = InternetChecksum.Compute(input[..size]);
        (input[12], input[13]) = ((byte)(checksum >> 8), (byte)checksum);
    }
}
