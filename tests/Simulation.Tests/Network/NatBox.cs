using Dmvpn.Core;

namespace Dmvpn.Simulation.Tests.Network;

/// <summary>
/// A NAT with one router inside and a public address of its own, as cleartext GRE needs it: lets in only packets from addresses that were written
/// to lately.
/// </summary>
internal sealed class NatBox(IpAddress outside)
{
    // As Linux's conntrack has it for GRE that went both ways.
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(180);
    private readonly Dictionary<IpAddress, Instant> _open = [];

    public IpAddress Outside { get; private set; } = outside;

    /// <summary>Another public address; what was open is closed.</summary>
    public void MoveTo(IpAddress outside)
    {
        Outside = outside;
        _open.Clear();
    }

    public void Open(IpAddress to, Instant now) => _open[to] = now + Life;

    public bool LetsIn(IpAddress from, Instant now)
    {
        if (!_open.TryGetValue(from, out Instant until) || until < now) return false;
        _open[from] = now + Life;
        return true;
    }
}
