using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>Makes datagrams of payloads: in the clear before there are keys, protected afterwards.</summary>
internal static class IkeSealing
{
    /// <summary>A message in the clear.</summary>
    public static byte[] Clear(IkeHeader header, in IkePayloadWriter writer)
    {
        byte[] message = new byte[IkeSpec.HeaderLength + writer.Length];
        (header with { FirstPayload = writer.First }).Write(message, message.Length);
        writer.Written.CopyTo(message.AsSpan(IkeSpec.HeaderLength));
        return message;
    }

    /// <summary>The header of a protected message.</summary>
    public static IkeHeader HeaderOf(IkeSa sa, IkeExchangeType exchange, IkeFlags flags, uint id) => new(
        sa.InitiatorSpi, sa.ResponderSpi, IkePayloadType.Encrypted, exchange, sa.IsInitiator ? flags | IkeFlags.Initiator : flags, id);

    /// <summary>A protected message, in fragments where the peer knows them and the path is narrow.</summary>
    public static byte[][] Sealed(IkeSa sa, IkeExchangeType exchange, IkeFlags flags, uint id, in IkePayloadWriter writer)
    {
        IkeHeader header = HeaderOf(sa, exchange, flags, id);
        sa.Core.Logger.MessageSealed(sa, header, writer);
        int longest = (sa.Abilities & PeerAbilities.Fragmentation) != 0 && sa.Core.Config.FragmentationMtu is { } mtu ? IkeFragmenter.LongestMessage(mtu, sa.Path) : int.MaxValue;
        return IkeFragmenter.Protect(header, writer.First, writer.Written, sa.Outbound!, longest);
    }
}
