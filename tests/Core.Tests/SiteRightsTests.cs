namespace Dmvpn.Core.Tests;

/// <summary>What a certificate lets a peer have.</summary>
public sealed class SiteRightsTests
{
    private static readonly ValueList<IpPrefix> One = [IpPrefix.Parse("10.255.0.1/32")];

    [Theory]
    [InlineData(SiteRole.Hub, true, true, true)]
    [InlineData(SiteRole.Hub, false, false, false)]
    [InlineData(SiteRole.Unsaid, true, true, true)]
    [InlineData(SiteRole.Unsaid, false, true, false)]
    [InlineData(SiteRole.Spoke, true, false, false)]
    [InlineData(SiteRole.Spoke, false, false, false)]
    public void Server_ItsCertificate_DecidesByRoleAndAddress(SiteRole role, bool named, bool lax, bool strict)
    {
        var rights = new SiteRights(named ? One : [], role, null);
        Assert.Equal(lax, rights.MayServe(One[0].Address, strict: false));
        Assert.Equal(strict, rights.MayServe(One[0].Address, strict: true));
        Assert.False(new SiteRights(One, role, null).MayServe(IpAddress.Parse("10.255.0.2"), strict: true));
        // Such addresses may be outer ones, of an authority that knows nothing of tunnels.
        Assert.Equal(role == SiteRole.Unsaid, new SiteRights(One, role, null).MayServe(IpAddress.Parse("10.255.0.2"), strict: false));
    }

    [Theory]
    [InlineData("10.1.0.0/16", true)]
    [InlineData("10.1.2.0/24", true)]
    [InlineData("10.1.2.3/32", true)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("10.2.0.0/16", false)]
    [InlineData("0.0.0.0/0", false)]
    [InlineData("::/0", false)]
    [InlineData("10.64.0.0/16", true)]
    [InlineData("10.64.0.0/10", false)] // wider, and with the same address
    public void Prefix_AnnouncedByASiteWithNetworks_IsWithinOne(string prefix, bool may)
    {
        ValueList<IpPrefix> networks = [IpPrefix.Parse("2001:db8:1::/48"), IpPrefix.Parse("10.1.0.0/16"), IpPrefix.Parse("10.64.0.0/16")];
        Assert.Equal(may, new SiteRights(One, SiteRole.Spoke, networks).MayAnnounce(IpPrefix.Parse(prefix)));
        Assert.False(new SiteRights(One, SiteRole.Spoke, []).MayAnnounce(IpPrefix.Parse(prefix)));
        Assert.True(new SiteRights(One, SiteRole.Spoke, null).MayAnnounce(IpPrefix.Parse(prefix)));
    }

    [Theory]
    [InlineData("10.255.0.1", true)]
    [InlineData("10.1.0.9", true)]
    [InlineData("10.255.0.2", false)]
    [InlineData("10.2.0.9", false)]
    public void Source_OfASiteWithNetworks_IsItsOwn(string source, bool may)
    {
        var rights = new SiteRights(One, SiteRole.Spoke, [IpPrefix.Parse("10.1.0.0/16")]);
        Assert.Equal(may, rights.MayUse(IpAddress.Parse(source)));
        Assert.True((rights with { Networks = null }).MayUse(IpAddress.Parse(source)));
    }
}
