using System.Globalization;
using Dmvpn.Wire;
using Dmvpn.Wire.Capture;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Udp;

namespace Dmvpn.Ike.Tests.Captures;

/// <summary>A recorded IKE message, and between which ends it went.</summary>
internal sealed record RecordedMessage(IkeEndpoint Source, IkeEndpoint Destination, byte[] Bytes)
{
    public IkeHeader Header => View.Header;

    public IkeView View
    {
        get
        {
            Assert.True(IkeView.TryParse(Bytes, out IkeView view, out Malformed why), why.ToString());
            return view;
        }
    }

    /// <summary>As the receiver sees it.</summary>
    public IkePath Arrival => new(null, Destination, Source);
}

/// <summary>Captures beside the checkout with the keys and charon logs that belong to them.</summary>
internal static class IkeRecording
{
    /// <summary>The file, or a skip that says that it is not there. The folder "shared" is beside the checkout, or beside a folder above it.</summary>
    public static string Find(string name)
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Dmvpn.slnx"))) root = root.Parent;
        for (DirectoryInfo? folder = root?.Parent; folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", name);
            if (File.Exists(path)) return path;
        }
        Assert.Skip($"shared/{name} is not beside the checkout");
        return "";
    }

    /// <summary>The IKE messages of a capture in their order, each once: retransmissions have the same octets.</summary>
    public static List<RecordedMessage> Messages(string name)
    {
        var messages = new List<RecordedMessage>();
        Assert.True(CaptureReader.TryOpen(File.ReadAllBytes(Find(name)), out CaptureReader reader, out Malformed why), why.ToString());
        while (reader.TryRead(out CapturedFrame frame))
        {
            if (!LinkLayer.TryGetIp(frame.Link, frame.Bytes, out ReadOnlySpan<byte> packet, out _) || !IpView.TryParse(packet, out IpView ip, out _)) continue;
            if (ip.Protocol != IpProtocol.Udp || !UdpView.TryParse(ip.Payload, out UdpView udp, out _)) continue;
            ReadOnlySpan<byte> payload = udp.Payload;
            if (udp.SourcePort == IkeSpec.NatPort || udp.DestinationPort == IkeSpec.NatPort)
            {
                if (payload.Length < 4 || !payload.StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 0])) continue;
                payload = payload[4..];
            }
            else if (udp.SourcePort != IkeSpec.Port && udp.DestinationPort != IkeSpec.Port)
            {
                continue;
            }
            var message = new RecordedMessage(new(ip.Source, udp.SourcePort), new(ip.Destination, udp.DestinationPort), payload.ToArray());
            if (!messages.Exists(other => other.Bytes.AsSpan().SequenceEqual(message.Bytes))) messages.Add(message);
        }
        return messages;
    }

    /// <summary>SK_ei and SK_er by both SPIs, of a Wireshark configuration.</summary>
    public static Dictionary<(ulong, ulong), (byte[] SkEi, byte[] SkEr)> IkeKeys(string name) =>
        File.ReadLines(Find(name)).Where(line => line.StartsWith("uat:ikev2_decryption_table:", StringComparison.Ordinal))
            .Select(line => line["uat:ikev2_decryption_table:".Length..].Split(','))
            .ToDictionary(part => (Hex(part[0]), Hex(part[1])), part => (Convert.FromHexString(part[2]), Convert.FromHexString(part[3])));

    /// <summary>ESP keys by SPI.</summary>
    public static Dictionary<uint, byte[]> EspKeys(string name) =>
        File.ReadLines(Find(name)).Where(line => line.StartsWith("uat:esp_sa:", StringComparison.Ordinal)).Select(line => line.Split('"'))
            .ToDictionary(part => uint.Parse(part[7][2..], NumberStyles.HexNumber), part => Convert.FromHexString(part[11][2..]));

    /// <summary>What charon logged under a title, in the order of the log: "shared Diffie Hellman secret".</summary>
    public static List<byte[]> Logged(string name, string title)
    {
        var found = new List<byte[]>();
        List<byte>? current = null;
        int length = 0;
        foreach (string line in File.ReadLines(Find(name)))
        {
            int bracket = line.IndexOf("] ", StringComparison.Ordinal);
            if (bracket < 0) continue;
            string text = line[(bracket + 2)..];
            if (current is not null)
            {
                int colon = text.IndexOf(':', StringComparison.Ordinal);
                current.AddRange(Convert.FromHexString(text[(colon + 2)..Math.Min(text.Length, colon + 2 + 48)].Replace(" ", "", StringComparison.Ordinal)));
                if (current.Count < length) continue;
                found.Add([.. current]);
                current = null;
            }
            else if (text.StartsWith(title + " => ", StringComparison.Ordinal))
            {
                length = int.Parse(text[(title.Length + 4)..].Split(' ')[0]);
                current = [];
            }
        }
        return found;
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber);
}
