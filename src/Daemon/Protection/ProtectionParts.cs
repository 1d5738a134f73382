using Dmvpn.Daemon.Control;
using Dmvpn.Daemon.Tunnels;

namespace Dmvpn.Daemon.Protection;

/// <summary>Everything between IKE and the rest of the router. Control thread only, but for the jobs' threads.</summary>
internal sealed class ProtectionParts : IDisposable
{
    private readonly IkeJobRunner _jobs;

    public ProtectionParts(Engines engines, ChildSaSet children, UnderlaySet underlays, ControlLoop loop)
    {
        Children = children;
        Sources = new ProtectionSet(engines);
        engines.Ike.IsInsideTunnel = Sources.IsInsideTunnel;
        Wants = new TransientWants(engines);
        Adjacencies = new AdjacencyBinder(engines, Sources, Peers);
        Transport = new IkeTransport(underlays);
        _jobs = new IkeJobRunner(Environment.ProcessorCount, loop.Post, (job, now) => engines.Ike.OnJobDone(job, now, engines.IkeOut));
        Paths = new PathUse(engines, Sources, Peers, children);
        Carrier = new IkeCarrier(engines, Peers, Adjacencies, children, Transport, _jobs, Paths);
    }

    public ProtectionSet Sources { get; }

    public PeerTable Peers { get; } = new();

    public ChildSaSet Children { get; }

    public AdjacencyBinder Adjacencies { get; }

    public TransientWants Wants { get; }

    public IkeTransport Transport { get; }

    public PathUse Paths { get; }

    public IkeCarrier Carrier { get; }

    public void Dispose()
    {
        _jobs.Dispose();
        Transport.Dispose();
    }
}
