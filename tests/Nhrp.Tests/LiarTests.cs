using CsCheck;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

/// <summary>A member that lies in every message that it may send: nobody becomes somebody else, and nobody loses anything.</summary>
public sealed class LiarTests
{
    private static readonly string[] Stations = ["10.0.0.1", "10.0.0.11", "10.0.0.12", LiarNet.Address, LiarNet.Free];
    private static readonly string[] Places = [Cloud.HubNbma, "203.0.113.11", "203.0.113.12", LiarNet.Nbma, "192.0.2.9"];
    private static readonly string[] Destinations = [.. Stations, "10.1.0.5", "10.1.11.5", "10.1.12.5", "10.1.66.5", "8.8.8.8", "10.0.0.255"];
    private static readonly byte[] Lengths = [0, 2, 8, 15, 16, 23, 24, 25, 32, 255];
    private static readonly ushort[] Holds = [0, 60, 600, 65535];
    private static readonly ushort[] FlagSets = [0xC802, 0xF802, 0x8002, 0x0002, 0x8000, 0];
    private static readonly NhrpCieCode[] Codes = [NhrpCieCode.Success, NhrpCieCode.AdministrativelyProhibited, NhrpCieCode.NoBinding];

    private static readonly Gen<Lie> GenLie =
        from type in Gen.Int[1, 8]
        from target in Gen.Int[0, 2]
        from source in Gen.Int[0, Stations.Length - 1]
        from nbma in Gen.Int[0, Places.Length - 1]
        from destination in Gen.Int[0, Destinations.Length - 1]
        from flags in Gen.Int[0, FlagSets.Length - 1]
        from id in Gen.Int[0, 3]
        from code in Gen.Int[0, 2]
        from length in Gen.Int[0, Lengths.Length - 1]
        from hold in Gen.Int[0, Holds.Length - 1]
        from cieNbma in Gen.Int[-1, Places.Length - 1]
        from cieProtocol in Gen.Int[-1, Destinations.Length - 1]
        from record in Gen.Int[-1, Stations.Length - 1]
        from nat in Gen.Int[-1, Stations.Length - 1]
        from natNbma in Gen.Int[0, Places.Length - 1]
        from wait in Gen.Int[0, 30]
        select new Lie(type, target, source, nbma, destination, FlagSets[flags], id, code, length, hold, cieNbma, cieProtocol, record, nat, natNbma, wait);

    [Theory]
    [InlineData(NhrpAuthorization.Certificate, true)]
    [InlineData(NhrpAuthorization.Certificate, false)]
    [InlineData(NhrpAuthorization.Identity, true)]
    public void AnyLies_InAnyOrder_NobodyIsSomebodyElseAndNothingIsLost(NhrpAuthorization authorization, bool networks) =>
        GenLie.Array[1, 30].Sample(lies =>
        {
            var net = new LiarNet(authorization, networks);
            net.AssertNothingWasLost();
            foreach (Lie lie in lies)
            {
                Node to = net.Net.Nodes[lie.Target];
                net.Lie(to, lie.Write(net));
                net.AssertNobodyIsSomebodyElse();
                net.AssertNothingWasLost();
                net.Net.Run(lie.Wait);
                if (lie.Wait % 7 == 0) net.Talk();
                net.AssertNobodyIsSomebodyElse();
            }
        }, iter: 300);

    private sealed record Lie(
        int Type, int Target, int Source, int Nbma, int Destination, ushort Flags, int Id, int Code, int Length, int Hold, int CieNbma, int CieProtocol, int Record, int Nat, int NatNbma, int Wait)
    {
        public byte[] Write(LiarNet net)
        {
            var type = (NhrpPacketType)Type;
            uint id = Id switch
            {
                0 => net.SeenId(NhrpPacketType.ResolutionRequest),
                1 => net.SeenId(NhrpPacketType.RegistrationReply),
                2 => net.SeenId(NhrpPacketType.PurgeRequest),
                _ => 77,
            };
            bool plain = type is NhrpPacketType.ErrorIndication or NhrpPacketType.TrafficIndication;
            byte[] carried = new byte[48];
            if (type == NhrpPacketType.TrafficIndication)
            {
                carried[0] = 0x45;
                net.HostOf(net.Net.Nodes[Target]).Write(carried.AsSpan(12));
                Parse(Destinations[Destination]).Write(carried.AsSpan(16));
            }
            else if (type == NhrpPacketType.ErrorIndication)
            {
                carried = NhrpBytes.Registration(Places[Nbma], Stations[Source]);
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(carried.AsSpan(24), id);
                carried[17] = (byte)(Length % 2 == 0 ? 1 : 3);
            }
            return new NhrpPacket
            {
                Header = new NhrpHeader
                {
                    Type = type,
                    HopCount = 255,
                    Flags = plain ? NhrpFlags.None : (NhrpFlags)Flags,
                    RequestId = plain ? 0 : id,
                    ErrorCode = type == NhrpPacketType.ErrorIndication ? NhrpErrorCode.ProtocolError : default,
                    SourceNbma = Parse(Places[Nbma]),
                    SourceProtocol = NhrpAddress.Explicit(Parse(Stations[Source])),
                    DestinationProtocol = NhrpAddress.Explicit(Parse(type == NhrpPacketType.TrafficIndication ? net.HostOf(net.Net.Nodes[Target]).ToString() : Destinations[Destination])),
                },
                Cies = plain ? [] : [new NhrpCie
                {
                    Code = Codes[Code],
                    PrefixLength = Lengths[Length],
                    HoldTime = Holds[Hold],
                    Nbma = CieNbma < 0 ? default(NhrpAddress) : Parse(Places[CieNbma]),
                    Protocol = CieProtocol < 0 ? default : NhrpAddress.Explicit(Parse(Destinations[CieProtocol])),
                }],
                CarriedPacket = plain ? [.. carried] : [],
                HasExtensionPart = true,
                Extensions =
                [
                    new(0x8003, []), new(0x8004, Entry(Record, 0)), new(0x8005, Entry(Record, 0)), NhrpBytes.Authentication("secret"), new(0x0009, Entry(Nat, NatNbma)), new(0x8000, []),
                ],
            }.Write();
        }

        private static byte[] Entry(int station, int place) => station < 0 ? []
            : [0, 32, 0, 0, 5, 120, 2, 88, 4, 0, 4, 0, .. Parse(Places[place]).ToBytes(), .. Parse(Stations[station]).ToBytes()];
    }
}
