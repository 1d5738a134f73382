using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Tests.Ike;

namespace Dmvpn.Fuzz.Targets;

/// <summary>A whole message in the clear.</summary>
internal sealed class IkeTarget : IFuzzTarget
{
    public static string Name => "ike";

    public static IEnumerable<byte[]> Seeds => [IkeGolden.SaInitRequest];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (!Check.Answer(IkeView.TryParse(input, out IkeView view, out Malformed why), why) || view.MajorVersion != 2) return;
        byte[] once = IkeRecoder.Recode(view);
        Check.That(IkeView.TryParse(once, out IkeView again, out why), $"our own bytes are {why}");
        Check.That(once.AsSpan().SequenceEqual(IkeRecoder.Recode(again)), "decodes to something else");
    }

    public static void Repair(Span<byte> input)
    {
        if (input.Length < IkeSpec.HeaderLength) return;
        (input[17], input[24], input[25], input[26], input[27]) = (IkeSpec.Version, 0, 0, (byte)(input.Length >> 8), (byte)input.Length);
    }
}

/// <summary>What was within an SK payload; the first octet is the type of the first payload.</summary>
internal sealed class IkeInnerTarget : IFuzzTarget
{
    public static string Name => "ikeinner";

    public static IEnumerable<byte[]> Seeds => [[(byte)IkePayloadType.IdInitiator, .. IkeGolden.InnerChain]];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty || !Check.Answer(IkePayloadChain.TryParse((IkePayloadType)input[0], input[1..], out IkePayloadChain chain, out Malformed why), why)) return;
        foreach (IkePayloadView payload in chain) Check.That(chain.TryFind(payload.Type, out _), "a payload is not found");
        byte[] once = IkeRecoder.Recode(chain);
        Check.That(IkePayloadChain.TryParse(chain.First, once, out IkePayloadChain again, out why), $"our own bytes are {why}");
        Check.That(once.AsSpan().SequenceEqual(IkeRecoder.Recode(again)), "decodes to something else");
    }

    /// <summary>Sets the length of the last payload that can be reached so that the chain ends where the bytes do.</summary>
    public static void Repair(Span<byte> input)
    {
        int at = 1;
        while (at + 4 <= input.Length)
        {
            int length = input[at + 2] << 8 | input[at + 3], left = input.Length - at;
            if (input[at] != 0 && length >= 4 && length <= left - 4)
            {
                at += length;
                continue;
            }
            (input[at], input[at + 2], input[at + 3]) = (0, (byte)(left >> 8), (byte)left);
            return;
        }
    }
}

/// <summary>The body of an SA payload.</summary>
internal sealed class IkeProposalTarget : IFuzzTarget
{
    public static string Name => "ikesa";

    public static IEnumerable<byte[]> Seeds => [Convert.FromHexString(IkeGolden.ChildProposals), IkeGolden.SaInitRequest[32..112]];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        bool decoded = Check.Answer(IkeProposal.TryParseAll(input, out ValueList<IkeProposal> proposals, out Malformed why), why);
        Check.That(decoded || proposals.Count == 0, "refused, and proposals given");
        Check.That(proposals.Count <= IkeProposal.MaximumProposals, "more than the limit");
        foreach (IkeProposal proposal in proposals)
        {
            Check.That(proposal.Transforms.Count <= IkeProposal.MaximumTransforms, "more than the limit");
            Check.That(proposal.Protocol == IkeProtocolId.Ike || proposal.Spi is > 0 and <= uint.MaxValue, "an SPI that its size cannot hold");
        }
        if (proposals.Count == 0) return;

        // Attributes that we do not know are not written again.
        IkeProposal[] known = [.. proposals.Select(static proposal => proposal with { Transforms = [.. proposal.Transforms.Select(static transform => transform with { HasUnknownAttribute = false })] })];
        var writer = new IkePayloadWriter(new byte[ushort.MaxValue]);
        writer.SecurityAssociation(known);
        Check.That(IkeProposal.TryParseAll(writer.Written[IkeSpec.PayloadHeaderLength..], out ValueList<IkeProposal> again, out why), $"our own bytes are {why}");
        Check.That(known.AsSpan().SequenceEqual(again.AsSpan()), "decodes to something else");
    }
}

/// <summary>The body of a TSi or TSr payload.</summary>
internal sealed class TrafficSelectorTarget : IFuzzTarget
{
    public static string Name => "iketss";

    public static IEnumerable<byte[]> Seeds => [Convert.FromHexString(IkeGolden.Selectors)];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        bool decoded = Check.Answer(TrafficSelector.TryParseAll(input, out ValueList<TrafficSelector> selectors, out Malformed why), why);
        Check.That(decoded || selectors.Count == 0, "refused, and selectors given");
        if (!decoded) return;
        foreach (TrafficSelector selector in selectors)
        {
            Check.That(selector.Contains(selector), $"{selector} is not in itself");
            Check.That(selector.Start.IsIPv4 == selector.End.IsIPv4, $"{selector} is of two families");
            foreach (TrafficSelector other in selectors) Check.That(!selector.Contains(other) || !other.Contains(selector) || selector.Start == other.Start, "a range in another one, both ways");
        }
        var writer = new IkePayloadWriter(new byte[ushort.MaxValue]);
        writer.TrafficSelectors(IkePayloadType.TrafficSelectorInitiator, selectors.AsSpan());
        Check.That(TrafficSelector.TryParseAll(writer.Written[IkeSpec.PayloadHeaderLength..], out ValueList<TrafficSelector> again, out why), $"our own bytes are {why}");
        Check.That(selectors.Equals(again), "decodes to something else");
    }
}
