using Dmvpn.Lab.Hosts;

namespace Dmvpn.Lab.Networks;

/// <summary>A home router's NAT with one public address, which several sites may be behind.</summary>
/// <param name="Node">Its namespace: <c>out</c> towards the internet, <c>in-SITE</c> towards each site.</param>
/// <param name="Addresses">Whose public address it has.</param>
public sealed record NatBox(NetNamespace Node, SiteAddresses Addresses);
