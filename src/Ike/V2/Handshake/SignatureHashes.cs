using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>SIGNATURE_HASH_ALGORITHMS (RFC 7427 4): hashes that signatures of the other end may use, in IKE_SA_INIT both ways.</summary>
internal static class SignatureHashes
{
    /// <summary>Data of our notify. SHA-1 is not among them: RFC 8247 3.2 says MUST NOT.</summary>
    public static byte[] Ours { get; } = Write([SignatureHash.Sha256, SignatureHash.Sha384, SignatureHash.Sha512, SignatureHash.Identity]);

    /// <summary>
    /// A peer's, those that are known here, each once. Empty without the notify or when its data is not a list of numbers: the peer does not know RFC 7427.
    /// </summary>
    public static ValueList<SignatureHash> Read(IkePayloadChain payloads)
    {
        if (!payloads.TryFindNotify(IkeNotifyType.SignatureHashAlgorithms, out IkeNotifyView notify) || notify.Data.Length % 2 != 0) return [];
        var hashes = new List<SignatureHash>();
        for (ReadOnlySpan<byte> rest = notify.Data; rest.Length > 0; rest = rest[2..])
        {
            var hash = (SignatureHash)BinaryPrimitives.ReadUInt16BigEndian(rest);
            if (hash is >= SignatureHash.Sha1 and <= SignatureHash.Identity && !hashes.Contains(hash)) hashes.Add(hash);
        }
        return [.. hashes];
    }

    private static byte[] Write(ReadOnlySpan<SignatureHash> hashes)
    {
        byte[] data = new byte[2 * hashes.Length];
        for (int i = 0; i < hashes.Length; i++) BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2 * i), (ushort)hashes[i]);
        return data;
    }
}
