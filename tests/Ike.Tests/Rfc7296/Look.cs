using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Rfc7296;

/// <summary>What is in messages, for tests that compare single fields.</summary>
internal static class Look
{
    /// <summary>The payloads of a message in the clear, or within the SK payload of a protected one.</summary>
    public static List<RawPayload> Payloads(this Net net, Packet packet)
    {
        if (packet.Exchange is not (IkeExchangeType.SaInit or IkeExchangeType.SessionResume)) return net.Text.Open(packet.Bytes);
        Assert.True(IkeView.TryParse(packet.Bytes, out IkeView view, out _));
        return Clear(view);
    }

    public static RawPayload Of(this List<RawPayload> payloads, IkePayloadType type) => Assert.Single(payloads, payload => payload.Type == type);

    public static RawPayload Of(this List<RawPayload> payloads, IkeNotifyType type) => Assert.Single(payloads, payload => payload.Notify == type);

    public static List<IkeProposal> Proposals(this List<RawPayload> payloads)
    {
        Assert.True(IkeProposal.TryParseAll(payloads.Of(IkePayloadType.SecurityAssociation).Body, out ValueList<IkeProposal> proposals, out _));
        return [.. proposals];
    }

    /// <summary>The body of an SA payload.</summary>
    public static byte[] Body(IEnumerable<IkeProposal> proposals)
    {
        var writer = new IkePayloadWriter(new byte[2048]);
        writer.SecurityAssociation([.. proposals]);
        return writer.Written[4..].ToArray();
    }

    /// <summary>The groups that are offered, of all proposals.</summary>
    public static List<ushort> Groups(this List<RawPayload> payloads) =>
        [.. payloads.Proposals().SelectMany(proposal => proposal.Transforms).Where(transform => transform.Type == IkeTransformType.KeyExchange).Select(transform => transform.Id)];

    /// <summary>The group of the KE payload.</summary>
    public static ushort Group(this List<RawPayload> payloads)
    {
        byte[] body = payloads.Of(IkePayloadType.KeyExchange).Body;
        return (ushort)(body[0] << 8 | body[1]);
    }

    /// <summary>A message in the clear with other payloads.</summary>
    public static byte[] RewriteClear(byte[] message, Func<List<RawPayload>, List<RawPayload>> change)
    {
        Assert.True(IkeView.TryParse(message, out IkeView view, out _));
        var writer = new IkePayloadWriter(new byte[8192]);
        foreach (RawPayload payload in change(Clear(view))) writer.Raw(payload.Type, payload.Body, payload.IsCritical);
        return IkeSealing.Clear(view.Header, writer);
    }

    /// <summary>The header of a request that A has not sent, on the only IKE SA.</summary>
    public static IkeHeader Request(this Pair pair, uint id, IkeExchangeType exchange = IkeExchangeType.Informational)
    {
        IkeSaState sa = pair.A.IkeSas[0];
        return new IkeHeader(sa.LocalSpi, sa.RemoteSpi, IkePayloadType.Encrypted, exchange, IkeFlags.Initiator, id);
    }

    /// <summary>Delivers to B what A has not sent.</summary>
    public static void InjectIntoB(this Pair pair, byte[] message)
    {
        IkePath path = pair.A.IkeSas[0].Path;
        pair.Net.Inject(pair.B, path with { Local = path.Remote, Remote = path.Local }, message);
    }

    public static ulong InitiatorSpi(this Packet packet) => System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(packet.Bytes);

    private static List<RawPayload> Clear(IkeView view)
    {
        var list = new List<RawPayload>();
        foreach (IkePayloadView payload in view.Payloads) list.Add(new RawPayload(payload.Type, payload.Body.ToArray(), payload.IsCritical));
        return list;
    }
}
