using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Parts;

/// <summary>Payload chains for tests.</summary>
internal static class Chains
{
    public delegate void Writes(ref IkePayloadWriter writer);

    /// <summary>What <paramref name="write"/> writes, parsed.</summary>
    public static IkePayloadChain Of(Writes write)
    {
        var writer = new IkePayloadWriter(new byte[20_000]);
        write(ref writer);
        Assert.False(writer.Failed);
        Assert.True(IkePayloadChain.TryParse(writer.First, writer.Written, out IkePayloadChain chain, out Malformed why), why.ToString());
        return chain;
    }

    /// <summary>Payloads of these types with bodies that are legal in themselves.</summary>
    public static IkePayloadChain Of(params IkePayloadType[] types) => Of((ref IkePayloadWriter writer) =>
    {
        foreach (IkePayloadType type in types) writer.Raw(type, Body(type));
    });

    public static byte[] Body(IkePayloadType type) => type switch
    {
        IkePayloadType.Nonce => new byte[32],
        IkePayloadType.SecurityAssociation => [0, 0, 0, 12, 1, 3, 0, 0],
        IkePayloadType.IdInitiator or IkePayloadType.IdResponder => [2, 0, 0, 0, (byte)'a'],
        IkePayloadType.Authentication => [2, 0, 0, 0, 1, 2, 3],
        IkePayloadType.Certificate or IkePayloadType.CertificateRequest => [4, 1, 2],
        IkePayloadType.Notify => [0, 0, 0x40, 0],
        IkePayloadType.Delete => [1, 0, 0, 0],
        _ => new byte[8],
    };
}
