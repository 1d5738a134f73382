using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests.Harness;

/// <summary>
/// A protected network with certificates: hub, spokes A and B that talk directly, and a member M (10.0.0.66, 203.0.113.66, LAN 10.1.66.0/24) that knows the password and sends what it likes.
/// </summary>
internal sealed class LiarNet
{
    /// <summary>A tunnel address of nobody: without certificates whoever claims it first has it.</summary>
    public const string Free = "10.0.0.99";

    public const string Address = "10.0.0.66", Nbma = "203.0.113.66";

    private readonly NhrpAuthorization _authorization;

    public LiarNet(NhrpAuthorization authorization = NhrpAuthorization.Certificate, bool networks = true)
    {
        _authorization = authorization;
        Cloud = new Cloud(hub: config => config with { Authorization = authorization }, spoke: config => config with { Authorization = authorization });
        Certify(Cloud.Hub, SiteRole.Hub, networks, "10.1.0.0/24");
        Certify(Cloud.A, SiteRole.Spoke, networks, "10.1.11.0/24");
        Certify(Cloud.B, SiteRole.Spoke, networks, "10.1.12.0/24");
        Net.Protected = true;
        M = Net.Add("M", Nbma, Address + "/24", Cloud.SpokeConfig with { Authorization = authorization }).Lan("10.1.66.0/24").Route("10.1.0.0/16", "10.0.0.1");
        Cloud.Hub.Route("10.1.66.0/24", Address);
        Cloud.A.Route("0.0.0.0/0", "10.0.0.1");
        Cloud.B.Route("0.0.0.0/0", "10.0.0.1");
        Certify(M, SiteRole.Spoke, networks, "10.1.66.0/24");
        Net.Run(5);
        Talk();
    }

    public Cloud Cloud { get; }

    public Net Net => Cloud.Net;

    public Node M { get; }

    /// <summary>A and B, and A and M, have shortcuts to each other.</summary>
    public void Talk()
    {
        foreach ((Node from, Node to) in ((Node, Node)[])[(Cloud.A, Cloud.B), (Cloud.B, Cloud.A), (Cloud.A, M), (M, Cloud.A)])
        {
            byte[] head = new byte[40];
            head[0] = 0x45;
            HostOf(from).Write(head.AsSpan(12));
            HostOf(to).Write(head.AsSpan(16));
            Cloud.Hub.Call((engine, now, outbox) => engine.OnTrafficTurnedAround(Cloud.Hub.Key, new NbmaPeer(from.Outside, from.Number), head, now, outbox));
        }
        Net.Run(1);
    }

    /// <summary>M sends to a node, by its own association.</summary>
    public void Lie(Node to, byte[] packet)
    {
        to.ReceiveFrom(M, packet);
        Net.Run(0.1);
    }

    /// <summary>A host behind a node.</summary>
    public IpAddress HostOf(Node node) => Parse(node == Cloud.Hub ? "10.1.0.5" : node == Cloud.A ? "10.1.11.5" : node == Cloud.B ? "10.1.12.5" : "10.1.66.5");

    /// <summary>The id of the last request of a kind that M has seen.</summary>
    public uint SeenId(NhrpPacketType type)
    {
        for (int i = M.Received.Count - 1; i >= 0; i--)
        {
            if (NhrpView.TryParse(M.Received[i], out NhrpView view, out _) && view.Type == type) return view.RequestId;
        }
        return 1;
    }

    /// <summary>No packet for an address leaves to somebody who may not have it.</summary>
    public void AssertNobodyIsSomebodyElse()
    {
        foreach (Node node in Net.Nodes)
        {
            foreach ((IpAddress address, NbmaPeer peer) in node.Adjacencies)
            {
                Node? reached = Net.Reached(peer);
                bool isFree = address.ToString() == Free && _authorization == NhrpAuthorization.Identity;
                // By the hub M may have its own packets sent, if it likes.
                isFree |= address == M.Address && reached == Cloud.Hub;
                Assert.True(reached is null || reached.Address == address || isFree, $"{node.Name} sends for {address} to {reached?.Name}");
            }
            if (node == M) continue;
            foreach ((IpPrefix prefix, (IpAddress nextHop, _)) in node.Shortcuts)
            {
                if (nextHop == M.Address) Assert.True(IpPrefix.Parse("10.1.66.0/24").Contains(prefix) || prefix == IpPrefix.Host(M.Address), $"{node.Name} sends for {prefix} to M");
                else Assert.True(prefix.Length >= 24, $"{node.Name}: {prefix}");
            }
        }
    }

    /// <summary>What A, B and the hub had before is there as it was.</summary>
    public void AssertNothingWasLost()
    {
        Assert.Equal(Cloud.B.Nbma.ToString(), Cloud.A.Path("10.1.12.5"));
        Assert.Equal(Cloud.A.Nbma.ToString(), Cloud.B.Path("10.1.11.5"));
        foreach (Node spoke in (Node[])[Cloud.A, Cloud.B])
        {
            Assert.Contains(Cloud.Hub.Address, spoke.NhssUp);
            Assert.Equal(spoke.Number, Cloud.Hub.Adjacencies[spoke.Address].Association);
            Assert.Equal(Cloud.HubNbma, spoke.Path("10.1.0.5"));
            Assert.Equal(Cloud.HubNbma, spoke.Path("8.8.8.8"));
        }
    }

    private static void Certify(Node node, SiteRole role, bool networks, string lan) =>
        node.Rights = new SiteRights([IpPrefix.Host(node.Address)], role, networks ? [IpPrefix.Parse(lan)] : null);
}
