using System.Buffers.Binary;
using Dmvpn.Cli.Dissect.Keys;
using Dmvpn.Crypto;
using Dmvpn.Ike;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Cli.Dissect;

/// <summary>
/// IKEv2 in full, as far as it is in the clear or its keys are known; of IKEv1 the header. Fragments (RFC 7383) are put together when they are decrypted: the last one that comes shows the
/// message.
/// </summary>
internal sealed class IkeDissector(CaptureKeys? keys)
{
    /// <summary>Messages whose fragments did not all come, before they are forgotten.</summary>
    private const int MaximumAssemblies = 256;

    private readonly Dictionary<(ulong, ulong, bool, bool, uint), FragmentAssembly> _assemblies = [];

    /// <summary>False for what is no message. <paramref name="fault"/>: what in a message that is one cannot be decoded.</summary>
    public bool TryDissect(ReadOnlySpan<byte> bytes, out DissectedLayer layer, out Malformed fault, out Malformed why)
    {
        (layer, fault) = (new DissectedLayer("IKE"), Malformed.None);
        if (!IkeView.TryParse(bytes, out IkeView message, out why)) return false;
        if (message.MajorVersion != 2)
        {
            layer = new DissectedLayer($"IKEv{message.MajorVersion}") { Detail = $"{OldExchange(message)}, message {message.MessageId}, {Spis(message)}, length {message.Bytes.Length}" };
            return true;
        }
        byte[]? opened = Open(message, out IkePayloadType first, out DissectedSecrecy secrecy, out (int Number, int Total) fragment);
        IkePayloadChain payloads = message.Payloads;
        if (opened is not null && !IkePayloadChain.TryParse(first, opened, out payloads, out fault)) payloads = message.Payloads;
        if (fault == Malformed.None) IkeText.TryCheck(payloads, out _, out fault);
        string kind = $"{IkeNames.NameOf(message.Exchange)} {(message.IsResponse ? "response" : "request")}";
        string part = fragment.Total == 0 ? "" : $", fragment {fragment.Number} of {fragment.Total}";
        string said = keys is null ? "" : SecrecyText.Of(secrecy);
        layer = new DissectedLayer("IKEv2")
        {
            Detail = $"{kind}, message {message.MessageId}, {(message.FromInitiator ? "initiator" : "responder")}, {Spis(message)}, length {message.Bytes.Length}{part}{said}",
            Ike = new DissectedIke(
                IkeNames.NameOf(message.Exchange), message.IsResponse, message.FromInitiator, message.MessageId, $"{message.InitiatorSpi:X16}", $"{message.ResponderSpi:X16}", message.Bytes.Length)
            {
                Secrecy = secrecy,
                Fragment = fragment.Total == 0 ? null : fragment.Number,
                Fragments = fragment.Total == 0 ? null : fragment.Total,
                Payloads = Payloads(payloads),
                Text = IkeText.Format(payloads),
            },
        };
        return true;
    }

    /// <summary>What is within an SK payload, or within the SKF payloads of which this is the last to come; null when it cannot be opened, or not yet.</summary>
    private byte[]? Open(IkeView message, out IkePayloadType first, out DissectedSecrecy secrecy, out (int Number, int Total) fragment)
    {
        (first, secrecy, fragment) = (IkePayloadType.None, DissectedSecrecy.Clear, default);
        bool whole = message.Payloads.TryFind(IkePayloadType.Encrypted, out IkePayloadView payload);
        if (!whole && !message.Payloads.TryFind(IkePayloadType.EncryptedFragment, out payload)) return null;
        if (!whole && payload.Body.Length >= IkeSpec.FragmentHeaderLength) fragment = (BinaryPrimitives.ReadUInt16BigEndian(payload.Body), BinaryPrimitives.ReadUInt16BigEndian(payload.Body[2..]));
        secrecy = DissectedSecrecy.NoKey;
        if (keys?.Ike(message.InitiatorSpi, message.ResponderSpi, message.FromInitiator) is not { } key) return null;
        secrecy = DissectedSecrecy.WrongKey;
        byte[] copy = message.Bytes.ToArray();
        if (!whole) return OpenFragment(message, copy, key.Cipher, ref first, ref secrecy);
        first = payload.Next;
        if (key.Cipher.TryOpen(copy, IkeSpec.HeaderLength + payload.Offset + IkeSpec.PayloadHeaderLength, out int offset, out int length))
        {
            secrecy = DissectedSecrecy.Decrypted;
            return copy[offset..(offset + length)];
        }
        byte[]? altered = key.OpenAltered(payload.Body, first);
        if (altered is not null) secrecy = DissectedSecrecy.Altered;
        return altered;
    }

    private byte[]? OpenFragment(IkeView message, byte[] copy, IkeCipher cipher, ref IkePayloadType first, ref DissectedSecrecy secrecy)
    {
        (ulong, ulong, bool, bool, uint) id = (message.InitiatorSpi, message.ResponderSpi, message.FromInitiator, message.IsResponse, message.MessageId);
        if (!_assemblies.TryGetValue(id, out FragmentAssembly? assembly))
        {
            if (_assemblies.Count >= MaximumAssemblies) _assemblies.Clear();
            _assemblies.Add(id, assembly = new FragmentAssembly(message.MessageId));
        }
        // One that was sent again is no worse for that.
        if (!assembly.TryAdd(copy, cipher, out IkeDrop drop) && drop != IkeDrop.AlreadyReceived) return null;
        secrecy = DissectedSecrecy.Decrypted;
        if (!assembly.IsComplete) return null;
        _assemblies.Remove(id);
        first = assembly.First;
        return assembly.ToArray();
    }

    private static List<DissectedPayload> Payloads(IkePayloadChain chain)
    {
        var payloads = new List<DissectedPayload>();
        foreach (IkePayloadView payload in chain)
        {
            string[] lines = IkeText.Lines(payload);
            payloads.Add(new DissectedPayload(IkeText.NameOf(payload), IkeSpec.PayloadHeaderLength + payload.Body.Length, payload.IsCritical) { Content = lines.Length == 0 ? null : lines });
        }
        return payloads;
    }

    private static string Spis(IkeView message) => $"spi {message.InitiatorSpi:X16}/{message.ResponderSpi:X16}";

    private static string OldExchange(IkeView message) => (message.MajorVersion, (byte)message.Exchange) switch
    {
        (1, 2) => "main mode",
        (1, 4) => "aggressive mode",
        (1, 5) => "informational",
        (1, 32) => "quick mode",
        (_, byte other) => $"exchange {other}",
    };
}
