using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Harness;

/// <summary>Two routers A (192.0.2.1) and B (192.0.2.2) that know one key.</summary>
internal sealed class Pair
{
    public Pair(Func<IkeConfig, IkeConfig>? both = null, Func<IkeConfig, IkeConfig>? a = null, Func<IkeConfig, IkeConfig>? b = null, NatBox? natOfA = null)
    {
        Func<IkeConfig, IkeConfig> same = static config => config;
        A = Net.Add("A", natOfA is null ? "192.0.2.1" : "10.0.0.1", (a ?? same)((both ?? same)(Configs.SharedKey("a"))), natOfA);
        B = Net.Add("B", "192.0.2.2", (b ?? same)((both ?? same)(Configs.SharedKey("b"))));
    }

    public Net Net { get; } = new();

    public Node A { get; }

    public Node B { get; }

    /// <summary>A has called B; the trace begins after that.</summary>
    public Pair Up()
    {
        A.Want(B);
        Net.Run(1);
        Assert.Single(A.Live);
        Assert.Single(B.Live);
        Net.TakeTrace();
        A.Events.Clear();
        B.Events.Clear();
        return this;
    }

    /// <summary>The same where A has other peers too.</summary>
    public void Up2()
    {
        A.Want(B);
        Net.Run(1);
        Net.TakeTrace();
        A.Events.Clear();
        B.Events.Clear();
    }

    /// <summary>Messages without their payloads: "A > B INIT request 0".</summary>
    public List<string> Headers() => [.. Net.TakeTrace().Select(line => line[..line.IndexOf(" {", StringComparison.Ordinal)])];

    /// <summary>A packet each way every few milliseconds for a while; every one arrives.</summary>
    public void Traffic(double seconds, double interval = 0.02)
    {
        (int a, int b, int lostA, int lostB) = (A.Received, B.Received, A.Lost, B.Lost);
        int sent = 0;
        for (double at = 0; at < seconds; at += interval, sent++)
        {
            Net.At(Net.Now + TimeSpan.FromSeconds(at), () =>
            {
                Assert.True(A.SendTo(A.Peer), "A has nothing to send by");
                Assert.True(B.SendTo(B.Peer), "B has nothing to send by");
            });
        }
        Net.Run(seconds + 1);
        Assert.Equal((0, 0), (A.Lost - lostA, B.Lost - lostB));
        Assert.Equal((sent, sent), (A.Received - a, B.Received - b));
    }

    public void SoftLimit(Node node)
    {
        foreach (DataSa sa in node.Live) node.Call((engine, now, outbox) => engine.OnSoftLimit(sa.Install.InboundSpi, now, outbox));
    }
}

/// <summary>A payload that a test looks at or makes.</summary>
internal sealed record RawPayload(IkePayloadType Type, byte[] Body, bool IsCritical = false)
{
    public IkeNotifyType? Notify => Type == IkePayloadType.Notify && IkeNotifyView.TryParse(Body, out IkeNotifyView notify, out _) ? notify.Type : null;

    public static RawPayload Of(IkeNotifyType type, params byte[] data) => new(IkePayloadType.Notify, [0, 0, (byte)((ushort)type >> 8), (byte)type, .. data]);
}
