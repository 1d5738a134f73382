using Dmvpn.Management.Api;
using Dmvpn.Management.Grammar;
using Dmvpn.Management.Screens;

namespace Dmvpn.Cli.Exec;

/// <summary>The commands about IKE, ESP and certificates.</summary>
internal static partial class ExecTable
{
    private const string AnyAddress = "{A.B.C.D | X:X::X}";

    private static IEnumerable<CommandRow<Func<CommandArguments, ExecAction>>> Crypto() =>
    [
        Row($"show crypto session [remote {AnyAddress}] [interface TUNNEL] [brief | detail]", a => Sessions(
            a, "remote", state => a.Has("brief") ? CryptoSessionScreen.RenderBrief(state) : CryptoSessionScreen.Render(state, a.Has("detail")))),
        Row($"show crypto ikev2 sa [remote {AnyAddress}] [detailed]", a => Sessions(a, "remote", state => CryptoIkeScreen.Render(state, a.Has("detailed")))),
        Row($"show crypto ikev2 session [remote {AnyAddress}] [detailed]", a => Sessions(a, "remote", state => CryptoIkeScreen.RenderSessions(state, a.Has("detailed")))),
        Row($"show crypto ipsec sa [peer {AnyAddress}] [interface TUNNEL] [detail]", a => Sessions(a, "peer", state => CryptoIpsecScreen.Render(state, a.Has("detail")))),
        Row("show crypto ikev2 stats [exchange]", a => Statistics(a.Has("exchange") ? CryptoStatisticsScreen.RenderExchanges : CryptoStatisticsScreen.Render)),
        Row("show crypto ikev2 performance", _ => Statistics(CryptoStatisticsScreen.RenderPerformance)),
        Row("show crypto ikev2 diagnose error", _ => Statistics(CryptoStatisticsScreen.RenderErrors)),
        Row("show crypto ikev2 proposal [name=WORD]", a => Configured(a, CryptoConfigScreen.RenderProposals, "proposal")),
        Row("show crypto ikev2 policy [name=WORD]", a => Configured(a, CryptoConfigScreen.RenderPolicies, "policy")),
        Row("show crypto ikev2 profile [name=WORD]", a => Configured(a, CryptoConfigScreen.RenderIkev2Profiles, "ikev2-profile")),
        Row("show crypto ipsec profile [name=WORD]", a => Configured(a, CryptoConfigScreen.RenderIpsecProfiles, "ipsec-profile")),
        Row("show crypto ipsec transform-set [name=WORD]", a => Configured(a, CryptoConfigScreen.RenderTransformSets, "transform-set")),
        Row("show crypto pki certificates [name=WORD] [verbose]", a => ShowAction.Of(
            ApiRoutes.Certificates, new ScreenQuery { Name = a.Text("name") }, ApiJson.Default.CertificateState, state => CertificateScreen.Render(state, a.Has("verbose")))),
        Row($"clear crypto session [remote {AnyAddress}] [local {AnyAddress}]", a => ClearCrypto(new() { Peer = Address(a, "remote"), Local = Address(a, "local") })),
        Row($"clear crypto ikev2 sa [remote {AnyAddress}] [local {AnyAddress}]", a => ClearCrypto(new() { Peer = Address(a, "remote"), Local = Address(a, "local") })),
        Row($"clear crypto sa [peer {AnyAddress} | spi SPI]", a => ClearCrypto(new()
        {
            Scope = ClearCryptoScope.Ipsec,
            Peer = Address(a, "peer"),
            Spi = a.HasValue("spi") ? (uint)a.Number("spi") : null,
        })),
        Row("clear crypto ikev2 stats", _ => ClearCrypto(new() { Scope = ClearCryptoScope.Statistics })),
    ];

    private static ShowAction Sessions(CommandArguments arguments, string peer, Func<CryptoState, string> render) =>
        ShowAction.Of(ApiRoutes.CryptoSessions, Query(arguments) with { Nbma = Address(arguments, peer) }, ApiJson.Default.CryptoState, render);

    private static ShowAction Statistics(Func<CryptoStatisticsState, string> render) =>
        ShowAction.Of(ApiRoutes.CryptoStatistics, ScreenQuery.All, ApiJson.Default.CryptoStatisticsState, render);

    private static ShowAction Configured(CommandArguments arguments, Func<CryptoConfigState, string> render, string kind) =>
        ShowAction.Of(ApiRoutes.CryptoConfig, new ScreenQuery { Filter = kind, Name = arguments.Text("name") }, ApiJson.Default.CryptoConfigState, render);

    private static PostAction ClearCrypto(ClearCryptoRequest request) => PostAction.Of(ApiRoutes.ClearCrypto, request, ApiJson.Default.ClearCryptoRequest);
}
