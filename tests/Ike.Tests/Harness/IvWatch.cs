using System.Buffers.Binary;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Harness;

/// <summary>
/// Sees every protected message that any node sends: the same IV twice under one key of a combined mode gives the key away (RFC 5282 3.1), so it may come again only with the very same message. And
/// no two IKE SAs, nor the two directions of one, have the same key.
/// </summary>
internal sealed class IvWatch
{
    private readonly Dictionary<(ulong InitiatorSpi, ulong ResponderSpi, bool FromInitiator, ulong Iv), byte[]> _seen = [];
    private readonly Dictionary<string, (ulong, ulong, bool)> _keys = [];

    public int Messages => _seen.Count;

    public int Repeated { get; private set; }

    public int Fragments { get; private set; }

    public void Forget()
    {
        _seen.Clear();
        _keys.Clear();
    }

    public void OnKey(ulong initiatorSpi, ulong responderSpi, ReadOnlySpan<byte> fromInitiator, ReadOnlySpan<byte> fromResponder)
    {
        Add(fromInitiator, (initiatorSpi, responderSpi, true));
        Add(fromResponder, (initiatorSpi, responderSpi, false));

        void Add(ReadOnlySpan<byte> key, (ulong, ulong, bool) of)
        {
            string text = Convert.ToHexString(key);
            if (_keys.TryGetValue(text, out (ulong, ulong, bool) other)) Assert.Equal(other, of);
            _keys[text] = of;
        }
    }

    public void OnSent(byte[] message)
    {
        if (!IkeView.TryParse(message, out IkeView view, out _)) return;
        foreach (IkePayloadView payload in view.Payloads)
        {
            if (payload.Type is not (IkePayloadType.Encrypted or IkePayloadType.EncryptedFragment)) continue;
            bool fragment = payload.Type == IkePayloadType.EncryptedFragment;
            if (fragment) Fragments++;
            ulong iv = BinaryPrimitives.ReadUInt64BigEndian(payload.Body[(fragment ? IkeSpec.FragmentHeaderLength : 0)..]);
            if (_seen.TryAdd((view.InitiatorSpi, view.ResponderSpi, view.FromInitiator, iv), [.. message])) continue;
            Repeated++;
            Assert.Equal(_seen[(view.InitiatorSpi, view.ResponderSpi, view.FromInitiator, iv)], message);
        }
    }
}
