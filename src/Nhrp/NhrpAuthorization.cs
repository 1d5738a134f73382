using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary><c>ip nhrp authorization</c>: what a claim to a tunnel address is checked against. Without tunnel protection there is no identity, and nothing is checked.</summary>
public enum NhrpAuthorization
{
    /// <summary><c>identity</c>, the default: an address belongs to the IKE identity that has it until its mapping ends; another identity cannot take it.</summary>
    Identity,

    /// <summary><c>certificate</c>: and the address must be in the peer's certificate.</summary>
    Certificate,

    /// <summary><c>none</c>: as on IOS, by NBMA address and unique bit alone.</summary>
    None,
}

/// <summary>Who a peer with an association proved to be.</summary>
/// <param name="Name">Its IKE identity, for logs and screens.</param>
/// <param name="Rights">What its certificate lets it have.</param>
public sealed record NhrpIdentity(string Name, SiteRights Rights)
{
    /// <summary>The protected source that the association is of, as <see cref="NhrpInterfaceFacts.Protection"/> has it.</summary>
    public int Protection { get; init; }

    /// <summary>What tells identities apart: two of different kinds may have one name. The same router may have several associations, one at each place.</summary>
    public string Key { get; init; } = Name;
}
