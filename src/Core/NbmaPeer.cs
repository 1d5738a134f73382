namespace Dmvpn.Core;

/// <summary>
/// A peer on the underlay. Two spokes behind one NAT share an address and differ by their security association;
/// a spoke that roams changes its address and keeps it. So with tunnel protection <paramref name="Association"/> tells
/// peers apart and the address is only where they were last seen (docs/adr/0004).
/// </summary>
/// <param name="Address">The NBMA address, as seen on the outside of any NAT.</param>
/// <param name="Association">The number IKE gave the peer; 0 for a peer without protection.</param>
public readonly record struct NbmaPeer(IpAddress Address, int Association = 0)
{
    /// <summary>True when both are one peer: the same association, wherever it was seen, or without one the same address.</summary>
    public bool IsSameAs(NbmaPeer other) => Association == other.Association && (Association != 0 || Address == other.Address);

    /// <inheritdoc/>
    public override string ToString() => Association == 0 ? Address.ToString() : $"{Address}#{Association}";
}
