using Dmvpn.Wire;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Fuzz.Targets;

internal sealed class GreTarget : IFuzzTarget
{
    public static string Name => "gre";

    public static IEnumerable<byte[]> Seeds
    {
        get
        {
            GreHeader[] headers =
            [
                new(GreProtocol.Ipv4), new(GreProtocol.Nhrp, Key: 7), new(GreProtocol.Ipv6, Sequence: 8), new(GreProtocol.Cdp, 7, 8, true),
            ];
            foreach (GreHeader header in headers)
            {
                byte[] packet = new byte[header.Length + 20];
                header.Write(packet);
                yield return packet;
            }
        }
    }

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (!Check.Answer(GreView.TryParse(input, out GreView view, out Malformed why), why)) return;
        byte[] again = new byte[input.Length];
        Array.Fill(again, (byte)0xA5);
        view.Payload.CopyTo(again.AsSpan(view.HeaderLength));
        view.Header.Write(again);
        Check.That(GreView.TryParse(again, out GreView second, out why), $"our own bytes are {why}");
        Check.That(second.Header == view.Header && second.Payload.SequenceEqual(view.Payload), "decodes to something else");
    }

    public static void Repair(Span<byte> input)
    {
        if (input.Length < 8 || (input[0] & 0x80) == 0) return;
        input[4] = input[5] = 0;
        ushort checksum = InternetChecksum.Compute(input);
        (input[4], input[5]) = ((byte)(checksum >> 8), (byte)checksum);
    }
}
