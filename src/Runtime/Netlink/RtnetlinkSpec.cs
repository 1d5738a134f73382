namespace Dmvpn.Runtime.Netlink;

/// <summary>Numbers of netlink(7) and rtnetlink(7), named after the kernel's headers.</summary>
internal static class RtnetlinkSpec
{
    // linux/netlink.h
    public const int ProtocolRoute = 0;
    public const int MessageHeaderSize = 16;
    public const int AttributeHeaderSize = 4;
    public const ushort MessageError = 2;
    public const ushort MessageDone = 3;
    public const ushort MessageOverrun = 4;
    public const ushort FlagRequest = 0x01;
    public const ushort FlagAcknowledge = 0x04;
    public const ushort FlagDumpInterrupted = 0x10;
    public const ushort FlagReplace = 0x100;
    public const ushort FlagExclusive = 0x200;
    public const ushort FlagCreate = 0x400;
    public const ushort FlagAppend = 0x800;
    public const ushort FlagDump = 0x300;
    public const ushort FlagAnswerCapped = 0x100;
    public const ushort FlagAnswerAttributes = 0x200;
    public const ushort ErrorText = 1;
    public const ushort AttributeTypeMask = 0x3FFF;
    public const ushort AttributeNested = 0x8000;

    public const int LevelNetlink = 270;
    public const int OptionAddMembership = 1;
    public const int OptionDropMembership = 2;
    public const int OptionCapAnswer = 10;
    public const int OptionExtendedAnswer = 11;
    public const int OptionStrictCheck = 12;

    // linux/rtnetlink.h: messages
    public const ushort NewLink = 16;
    public const ushort DeleteLink = 17;
    public const ushort GetLink = 18;
    public const ushort NewAddress = 20;
    public const ushort DeleteAddress = 21;
    public const ushort GetAddress = 22;
    public const ushort NewRoute = 24;
    public const ushort DeleteRoute = 25;
    public const ushort GetRoute = 26;
    public const ushort NewSettings = 80;       // RTM_NEWNETCONF

    // linux/rtnetlink.h: groups
    public const int GroupLink = 1;
    public const int GroupIPv4Address = 5;
    public const int GroupIPv4Route = 7;
    public const int GroupIPv6Address = 9;
    public const int GroupIPv6Route = 11;
    public const int GroupIPv4Settings = 24;    // RTNLGRP_IPV4_NETCONF
    public const int GroupIPv6Settings = 25;

    // struct ifinfomsg and IFLA_*
    public const int LinkMessageSize = 16;
    public const ushort LinkName = 3;
    public const ushort LinkMtu = 4;
    public const ushort LinkMaster = 10;
    public const ushort LinkQueueLength = 13;
    public const ushort LinkOperationalState = 16;
    public const ushort LinkInformation = 18;
    public const ushort LinkKind = 1;
    public const ushort LinkPropertyList = 52;
    public const ushort LinkAlternativeName = 53;
    public const ushort LinkExtensionMask = 29;
    public const uint LinkSkipStatistics = 8;

    // struct ifaddrmsg and IFA_*
    public const int AddressMessageSize = 8;
    public const ushort AddressPeer = 1;
    public const ushort AddressLocal = 2;
    public const ushort AddressBroadcast = 4;
    public const ushort AddressFlags = 8;

    // struct rtmsg, RTA_*, RTNH_F_*
    public const int RouteMessageSize = 12;
    public const ushort RouteDestination = 1;
    public const ushort RouteSource = 2;
    public const ushort RouteLink = 4;
    public const ushort RouteGateway = 5;
    public const ushort RoutePriority = 6;
    public const ushort RoutePreferredSource = 7;
    public const ushort RouteMetrics = 8;
    public const ushort RouteMultipath = 9;
    public const ushort RouteTable = 15;
    public const ushort RouteVia = 18;
    public const ushort RouteNextHopObject = 30;
    public const ushort MetricMtu = 2;
    public const uint RouteFlagCloned = 0x200;
    public const uint RouteFlagLookupTable = 0x1000;
    public const int NextHopHeaderSize = 8;
    public const uint NextHopDead = 1;
    public const uint NextHopOnLink = 4;
    public const uint NextHopLinkDown = 16;
}
