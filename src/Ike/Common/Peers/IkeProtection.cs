using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// What a protected source's configuration comes to: compared by value, so that a reload knows whose SAs it concerns. Peers are compared with their profile (<see cref="IkeSa.Profile"/>).
/// </summary>
/// <param name="Ipsec">The IPsec profile.</param>
/// <param name="Sets">Its transform sets, best first.</param>
internal sealed record ProtectionPolicy(IpsecProfile Ipsec, ValueList<TransformSet> Sets);

/// <summary>A protected source: its facts, and its part of the configuration.</summary>
internal sealed class IkeProtection(IkeCore core, ProtectionFacts facts)
{
    public ProtectionId Id { get; } = facts.Id;

    public ProtectionFacts Facts { get; set; } = facts;

    /// <summary>Null while the configuration has no such profile.</summary>
    public ProtectionPolicy? Policy { get; private set; }

    /// <summary>What is offered and accepted for the child SA of IKE_AUTH.</summary>
    public ProposalPolicy? FirstChild { get; private set; }

    /// <summary>The same for those of CREATE_CHILD_SA.</summary>
    public ProposalPolicy? LaterChild { get; private set; }

    /// <summary>The same for IKE SAs.</summary>
    public ProposalPolicy? Ike { get; private set; }

    public DhGroup Pfs => Policy?.Ipsec.Pfs ?? DhGroup.None;

    public bool TunnelMode => Policy is { Sets: [{ TunnelMode: true }, ..] };

    public TimeSpan ChildLifetime => Policy?.Ipsec.LifetimeSeconds ?? core.Config.LifetimeSeconds;

    public TimeSpan? IdleTime => Policy?.Ipsec.IdleTime ?? core.Config.IdleTime;

    public int ReplayWindow => Policy?.Ipsec.ReplayWindow ?? core.Config.ReplayWindow;

    /// <summary>Bytes after which a child SA is rekeyed, and after which it ends; zeros for no limit.</summary>
    public (long Soft, long Hard) ByteLimits(IRandom random)
    {
        long? kilobytes = Policy?.Ipsec.LifetimeKilobytes ?? core.Config.LifetimeKilobytes;
        if (kilobytes is not > 0) return (0, 0);
        long hard = kilobytes.Value > long.MaxValue / 1024 ? long.MaxValue : kilobytes.Value * 1024;
        return ((long)(hard * (IkeLimits.SoftLifetime - IkeLimits.LifetimeJitter * random.NextDouble())), hard);
    }

    /// <summary>Reads the configuration again. True when what concerns its child SAs is another.</summary>
    public bool Configure(IkeConfig config)
    {
        ProtectionPolicy? before = Policy;
        Policy = Resolve(config);
        Ike = ProposalPolicy.ForIke(ProposalPolicy.Configured(config, Facts.Local, Facts.Namespace));
        FirstChild = LaterChild = null;
        if (Policy is { } policy)
        {
            FirstChild = ProposalPolicy.ForEsp(policy.Sets, policy.Ipsec.Esn, Pfs, firstChild: true);
            LaterChild = ProposalPolicy.ForEsp(policy.Sets, policy.Ipsec.Esn, Pfs, firstChild: false);
        }
        return before is not null && before != Policy;
    }

    private ProtectionPolicy? Resolve(IkeConfig config) =>
        config.IpsecProfileOf(Facts.Profile) is { } profile ? new ProtectionPolicy(profile, [.. config.TransformSetsOf(profile)]) : null;
}
