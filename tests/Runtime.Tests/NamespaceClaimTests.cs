namespace Dmvpn.Runtime.Tests;

/// <summary>One router for a network namespace.</summary>
public sealed class NamespaceClaimTests
{
    [Fact]
    public void Claim_TakenInOneNamespace_IsRefusedThereAndFreeElsewhere()
    {
        using TestNetwork network = TestNetwork.CreateOrSkip();
        string name = $"dmvpn-claim-{Guid.NewGuid():N}";
        NetworkNamespace one = network.Add(), two = network.Add();
        using NamespaceClaim? first = one.Run(() => NamespaceClaim.TryTake(name, out _));
        Assert.NotNull(first);
        (NamespaceClaim? second, int holder) = one.Run(() => (NamespaceClaim.TryTake(name, out int by), by));
        Assert.Null(second);
        Assert.Equal(Environment.ProcessId, holder);
        using NamespaceClaim? elsewhere = two.Run(() => NamespaceClaim.TryTake(name, out _));
        Assert.NotNull(elsewhere);

        first.Dispose();
        using NamespaceClaim? again = one.Run(() => NamespaceClaim.TryTake(name, out _));
        Assert.NotNull(again);
    }

    [Fact]
    public void Capabilities_WhatIsThere_IsNotMissing()
    {
        Assert.NotNull(Capabilities.Effective);
        Assert.Empty(Capabilities.Missing(Capability.None));
        Capability absent = Capability.NetRaw & ~Capabilities.Effective.Value;
        Assert.Equal(absent == Capability.None ? [] : ["CAP_NET_RAW"], Capabilities.Missing(Capability.NetRaw));
        Assert.InRange(Capabilities.FirstFreePort, 0, 65536);
    }
}
