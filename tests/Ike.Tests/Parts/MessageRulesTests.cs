using Dmvpn.Wire.Ike;
using static Dmvpn.Wire.Ike.IkePayloadType;

namespace Dmvpn.Ike.Tests.Parts;

/// <summary>Which payloads a message may have (RFC 7296 1.2-1.4, 2.5; RFC 5723; RFC 6023).</summary>
public sealed class MessageRulesTests
{
    /// <summary>A legal message of each kind, with all that it must have.</summary>
    private static readonly Dictionary<IkeMessageKind, IkePayloadType[]> Legal = new()
    {
        [IkeMessageKind.SaInitRequest] = [SecurityAssociation, KeyExchange, Nonce],
        [IkeMessageKind.SaInitResponse] = [SecurityAssociation, KeyExchange, Nonce],
        [IkeMessageKind.ResumeRequest] = [Nonce],
        [IkeMessageKind.ResumeResponse] = [Nonce],
        [IkeMessageKind.AuthRequest] = [IdInitiator, Authentication],
        [IkeMessageKind.AuthResponse] = [IdResponder, Authentication],
        [IkeMessageKind.ChildRequest] = [SecurityAssociation, Nonce, TrafficSelectorInitiator, TrafficSelectorResponder],
        [IkeMessageKind.ChildResponse] = [SecurityAssociation, Nonce, TrafficSelectorInitiator, TrafficSelectorResponder],
        [IkeMessageKind.RekeyIkeRequest] = [SecurityAssociation, Nonce, KeyExchange],
        [IkeMessageKind.RekeyIkeResponse] = [SecurityAssociation, Nonce, KeyExchange],
        [IkeMessageKind.InformationalRequest] = [],
        [IkeMessageKind.InformationalResponse] = [],
        [IkeMessageKind.Unprotected] = [Notify],
    };

    public static TheoryData<string> Kinds => [.. Enum.GetNames<IkeMessageKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryKind_LegalInAnyOrder_WithNotifiesVendorIdsAndUnknownPayloads(string name)
    {
        IkeMessageKind kind = Enum.Parse<IkeMessageKind>(name);
        IkePayloadType[] all = [VendorId, .. Legal[kind], Notify, (IkePayloadType)200, VendorId, Notify];
        Assert.True(MessageRules.TryCheck(kind, Chains.Of(all), out MessageFault fault), fault.ToString());
        Array.Reverse(all);
        Assert.True(MessageRules.TryCheck(kind, Chains.Of(all), out fault), fault.ToString());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryKind_EachPayloadMissingOrDoubled_IsIllegal(string name)
    {
        IkeMessageKind kind = Enum.Parse<IkeMessageKind>(name);
        foreach (IkePayloadType type in Legal[kind])
        {
            Refused(kind, [.. Legal[kind].Where(other => other != type)], IkeDrop.IllegalPayload, type);
            if (type != Notify) Refused(kind, [.. Legal[kind], type], IkeDrop.IllegalPayload, type);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryKind_PayloadThatHasNoPlace_IsIllegal(string name)
    {
        IkeMessageKind kind = Enum.Parse<IkeMessageKind>(name);
        foreach (IkePayloadType type in (IkePayloadType[])[Eap, Encrypted, EncryptedFragment, .. Enum.GetValues<IkePayloadType>()])
        {
            if (type is None or Notify or VendorId || MessageRules.For(kind).ToArray().Any(rule => rule.Payload == type)) continue;
            // SK and SKF end a chain.
            Refused(kind, [.. Legal[kind], type], IkeDrop.IllegalPayload, type);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryKind_UnknownPayload_IsPassedOverUnlessItIsCritical(string name)
    {
        IkeMessageKind kind = Enum.Parse<IkeMessageKind>(name);
        foreach (byte type in (byte[])[1, 32, 49, 54, 255])
        {
            IkePayloadChain critical = Chains.Of((ref IkePayloadWriter writer) =>
            {
                foreach (IkePayloadType needed in Legal[kind]) writer.Raw(needed, Chains.Body(needed));
                writer.Raw((IkePayloadType)type, [1, 2, 3], isCritical: true);
            });
            Assert.False(MessageRules.TryCheck(kind, critical, out MessageFault fault));
            Assert.Equal((IkeDrop.UnsupportedCriticalPayload, (IkePayloadType)type), (fault.Drop, fault.Payload));
            Assert.True(MessageRules.TryCheck(kind, Chains.Of([.. Legal[kind], (IkePayloadType)type]), out fault), fault.ToString());
        }
    }

    [Fact]
    public void CriticalBit_OfAPayloadThatIsKnown_DoesNotCount() => Assert.True(MessageRules.TryCheck(
        IkeMessageKind.ResumeRequest, Chains.Of((ref IkePayloadWriter writer) => writer.Raw(Nonce, new byte[16], isCritical: true)), out _));

    [Fact]
    public void Responses_ThatSayNo_NeedNothingElse_RequestsDo()
    {
        IkePayloadChain error = Chains.Of((ref IkePayloadWriter writer) => writer.Notify(IkeNotifyType.NoProposalChosen));
        foreach (IkeMessageKind kind in Enum.GetValues<IkeMessageKind>())
        {
            bool legal = MessageRules.IsResponse(kind) || kind is IkeMessageKind.InformationalRequest or IkeMessageKind.Unprotected;
            Assert.Equal(legal, MessageRules.TryCheck(kind, error, out _));
        }
    }

    [Fact]
    public void Cookie_IsARefusalOfTheFirstExchangesOnly_AndTicketNackOfAResumption()
    {
        IkePayloadChain cookie = Chains.Of((ref IkePayloadWriter writer) => writer.Notify(IkeNotifyType.Cookie, new byte[17]));
        IkePayloadChain nack = Chains.Of((ref IkePayloadWriter writer) => writer.Notify(IkeNotifyType.TicketNack));
        Assert.True(MessageRules.TryCheck(IkeMessageKind.SaInitResponse, cookie, out _));
        Assert.True(MessageRules.TryCheck(IkeMessageKind.ResumeResponse, cookie, out _));
        Assert.False(MessageRules.TryCheck(IkeMessageKind.AuthResponse, cookie, out _));
        Assert.True(MessageRules.TryCheck(IkeMessageKind.ResumeResponse, nack, out _));
        Assert.False(MessageRules.TryCheck(IkeMessageKind.SaInitResponse, nack, out _));
    }

    [Fact]
    public void AuthWithChild_HasAllThreeOrNone_AndAChildMayFailAlone()
    {
        IkePayloadType[] child = [SecurityAssociation, TrafficSelectorInitiator, TrafficSelectorResponder];
        foreach ((IkeMessageKind kind, IkePayloadType id) in ((IkeMessageKind, IkePayloadType)[])[(IkeMessageKind.AuthRequest, IdInitiator), (IkeMessageKind.AuthResponse, IdResponder)])
        {
            Assert.True(MessageRules.TryCheck(kind, Chains.Of([id, Authentication, .. child]), out _));
            for (int i = 0; i < 3; i++)
            {
                Assert.False(MessageRules.TryCheck(kind, Chains.Of([id, Authentication, child[i]]), out _));
                Assert.False(MessageRules.TryCheck(kind, Chains.Of([id, Authentication, .. child.Where((_, index) => index != i)]), out _));
            }
        }
        IkePayloadChain childFailed = Chains.Of((ref IkePayloadWriter writer) =>
        {
            writer.Raw(IdResponder, Chains.Body(IdResponder));
            writer.Raw(Authentication, Chains.Body(Authentication));
            writer.Notify(IkeNotifyType.TsUnacceptable);
        });
        Assert.True(MessageRules.TryCheck(IkeMessageKind.AuthResponse, childFailed, out _));
    }

    [Fact]
    public void AuthWithoutAuth_IsNamedAsEap()
    {
        Assert.False(MessageRules.TryCheck(IkeMessageKind.AuthRequest, Chains.Of(IdInitiator, SecurityAssociation, TrafficSelectorInitiator, TrafficSelectorResponder), out MessageFault fault));
        Assert.Equal("payload Authentication is missing: the peer wants EAP", fault.ToString());
    }

    [Theory]
    [InlineData(15, false)]
    [InlineData(16, true)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void Nonce_OutsideOf16To256Octets_IsInvalid(int length, bool legal)
    {
        Assert.Equal(legal, MessageRules.TryCheck(IkeMessageKind.ResumeRequest, Chains.Of((ref IkePayloadWriter writer) => writer.Nonce(new byte[length])), out MessageFault fault));
        if (!legal) Assert.Equal((IkeDrop.InvalidSyntax, Nonce), (fault.Drop, fault.Payload));
    }

    [Theory]
    [InlineData(Notify, "0008400000")]
    [InlineData(Delete, "0304000100")]
    [InlineData(IdInitiator, "010000000A0000")]
    [InlineData(KeyExchange, "0013")]
    [InlineData(Authentication, "02")]
    [InlineData(Certificate, "")]
    public void Payload_WhoseContentIsBroken_IsInvalid(IkePayloadType type, string body)
    {
        IkePayloadChain broken = Chains.Of((ref IkePayloadWriter writer) => writer.Raw(type, Convert.FromHexString(body)));
        Assert.False(MessageRules.TryCheck(IkeMessageKind.InformationalRequest, broken, out MessageFault fault));
        Assert.Equal((IkeDrop.InvalidSyntax, type), (fault.Drop, fault.Payload));
    }

    [Fact]
    public void CreateChildSa_OfTheIkeProtocol_IsARekeying()
    {
        Assert.Equal(IkeMessageKind.ChildRequest, MessageRules.OfCreateChild(Chains.Of(SecurityAssociation, Nonce)));
        Assert.Equal(IkeMessageKind.ChildRequest, MessageRules.OfCreateChild(Chains.Of(Nonce)));
        IkePayloadChain ike = Chains.Of((ref IkePayloadWriter writer) => writer.Raw(SecurityAssociation, [0, 0, 0, 12, 1, 1, 8, 0]));
        Assert.Equal(IkeMessageKind.RekeyIkeRequest, MessageRules.OfCreateChild(ike));
        Assert.False(MessageRules.TryCheck(IkeMessageKind.RekeyIkeRequest, Chains.Of([.. Legal[IkeMessageKind.RekeyIkeRequest], TrafficSelectorInitiator]), out _));
    }

    [Fact]
    public void ProtectedMessage_HasOnlySkInTheClear()
    {
        Assert.True(MessageRules.TryCheckOuter(Chains.Of(Encrypted), out _));
        Assert.True(MessageRules.TryCheckOuter(Chains.Of(EncryptedFragment), out _));
        Assert.True(MessageRules.TryCheckOuter(Chains.Of((IkePayloadType)200, Encrypted), out _));
        Assert.False(MessageRules.TryCheckOuter(Chains.Of(Notify, Encrypted), out MessageFault fault));
        Assert.Equal((IkeDrop.NotProtected, Notify), (fault.Drop, fault.Payload));
        Assert.False(MessageRules.TryCheckOuter(Chains.Of(Notify), out _));
        Assert.False(MessageRules.TryCheckOuter(Chains.Of(), out fault));
        Assert.Equal("payload Encrypted is missing", fault.ToString());
        Assert.False(MessageRules.TryCheckOuter(Chains.Of((IkePayloadType)200), out _));
        IkePayloadChain critical = Chains.Of((ref IkePayloadWriter writer) =>
        {
            writer.Raw((IkePayloadType)200, [], isCritical: true);
            writer.Raw(Encrypted, new byte[30]);
        });
        Assert.False(MessageRules.TryCheckOuter(critical, out fault));
        Assert.Equal(IkeDrop.UnsupportedCriticalPayload, fault.Drop);
    }

    [Fact]
    public void Certificates_MoreThanAChainHas_AreRefused()
    {
        IkePayloadType[] many = [.. Enumerable.Repeat(Certificate, 21)];
        Refused(IkeMessageKind.AuthRequest, [.. Legal[IkeMessageKind.AuthRequest], .. many], IkeDrop.IllegalPayload, Certificate);
        Assert.True(MessageRules.TryCheck(IkeMessageKind.AuthRequest, Chains.Of([.. Legal[IkeMessageKind.AuthRequest], .. many[1..]]), out _));
    }

    [Fact]
    public void Kinds_ProtectedAndResponses_AreThese()
    {
        Assert.Equal(
            "AuthRequest AuthResponse ChildRequest ChildResponse RekeyIkeRequest RekeyIkeResponse InformationalRequest InformationalResponse",
            string.Join(' ', Enum.GetValues<IkeMessageKind>().Where(MessageRules.IsProtected)));
        Assert.All(Enum.GetValues<IkeMessageKind>(), kind => Assert.Equal(kind.ToString().EndsWith("Response", StringComparison.Ordinal), MessageRules.IsResponse(kind)));
    }

    private static void Refused(IkeMessageKind kind, IkePayloadType[] payloads, IkeDrop drop, IkePayloadType offender)
    {
        Assert.False(MessageRules.TryCheck(kind, Chains.Of(payloads), out MessageFault fault), $"{kind}: {string.Join(' ', payloads)}");
        Assert.Equal((drop, offender), (fault.Drop, fault.Payload));
    }
}
