namespace Dmvpn.Core;

/// <summary>
/// The underlay addresses in use, of this router and of its peers, as an engine sees them. A route learnt over a tunnel must
/// hold none of them: by it the tunnel would carry its own outer packets.
/// </summary>
public interface IUnderlayAddresses
{
    /// <summary>An address in use inside <paramref name="prefix"/>.</summary>
    bool TryFindWithin(IpPrefix prefix, out IpAddress address);
}

/// <summary>No underlay address is known.</summary>
public sealed class NoUnderlayAddresses : IUnderlayAddresses
{
    /// <summary>The one instance.</summary>
    public static readonly NoUnderlayAddresses Instance = new();

    private NoUnderlayAddresses()
    {
    }

    /// <inheritdoc/>
    public bool TryFindWithin(IpPrefix prefix, out IpAddress address)
    {
        address = IpAddress.None;
        return false;
    }
}
