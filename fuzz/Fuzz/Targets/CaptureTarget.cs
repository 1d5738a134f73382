using Dmvpn.Wire;
using Dmvpn.Wire.Capture;

namespace Dmvpn.Fuzz.Targets;

internal sealed class CaptureTarget : IFuzzTarget
{
    public static string Name => "capture";

    public static IEnumerable<byte[]> Seeds
    {
        get
        {
            byte[] pcap = new byte[PcapFormat.FileHeaderLength + PcapFormat.RecordHeaderLength + 24];
            PcapFormat.WriteFileHeader(pcap, LinkType.Ethernet);
            PcapFormat.WriteRecordHeader(pcap.AsSpan(PcapFormat.FileHeaderLength), 1_000_000_001, 24, 60);
            (pcap[52], pcap[54]) = (0x08, 0x45);
            byte[] pcapng = Convert.FromHexString(
                "0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000"
                + "01000000" + "24000000" + "65000000" + "00000400" + "0900010009000000" + "00000000" + "00000000" + "24000000"
                + "06000000" + "24000000" + "00000000" + "01000000" + "02000000" + "04000000" + "08000000" + "45000000" + "24000000"
                + "03000000" + "14000000" + "04000000" + "45000000" + "14000000");
            return [pcap, pcapng];
        }
    }

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (!Check.Answer(CaptureReader.TryOpen(input, out CaptureReader reader, out Malformed why), why)) return;
        int number = 0;
        const int Headers = PcapFormat.FileHeaderLength + PcapFormat.RecordHeaderLength;
        while (reader.TryRead(out CapturedFrame frame))
        {
            Check.That(frame.Number == ++number, "frames are numbered wrong");
            Check.Answer(LinkLayer.TryGetIp(frame.Link, frame.Bytes, out _, out why), why);
            if (frame.UnixNanoseconds / 1_000_000_000 > uint.MaxValue || frame.Bytes.Length > PcapFormat.MaximumFrame) continue;
            byte[] again = new byte[Headers + frame.Bytes.Length];
            PcapFormat.WriteFileHeader(again, frame.Link);
            PcapFormat.WriteRecordHeader(again.AsSpan(PcapFormat.FileHeaderLength), frame.UnixNanoseconds, frame.Bytes.Length, frame.OriginalLength);
            frame.Bytes.CopyTo(again.AsSpan(Headers));
            Check.That(CaptureReader.TryOpen(again, out CaptureReader second, out why) && second.TryRead(out CapturedFrame same)
                && same.Bytes.SequenceEqual(frame.Bytes) && same.UnixNanoseconds == frame.UnixNanoseconds && same.Link == frame.Link, "reads back as something else");
        }
        Check.That(number <= input.Length / 12, "more frames than bytes allow");
    }
}
