namespace Dmvpn.Bench.Tunnel.Subjects;

/// <summary>The veth pair itself: what there is to lose.</summary>
internal sealed class RawSubject() : Subject("raw")
{
    public override string Description => "the veth pair without a tunnel";

    public override string Target => Pair.RightUnderlay;

    protected override Task BeginAsync() => Task.CompletedTask;
}
