using Dmvpn.Management.Api;
using Dmvpn.Management.Grammar;
using Dmvpn.Management.Screens;

namespace Dmvpn.Cli.Exec;

/// <summary>The commands about IKE and IPsec.</summary>
internal static partial class ExecTable
{
    private const string Peer = "{A.B.C.D | X:X::X}";

    private static IEnumerable<CommandRow<Func<CommandArguments, ExecAction>>> Crypto() =>
    [
        Row("show crypto ikev2 sa [detail]", a => Sessions(a, state => CryptoIkeScreen.Render(state, a.Has("detail")))),
        Row("show crypto ikev2 session [detail]", a => Sessions(a, state => CryptoIkeScreen.RenderSessions(state, a.Has("detail")))),
        Row("show crypto ikev2 stats", _ => Statistics(CryptoOtherScreens.RenderStatistics)),
        Row("show crypto ikev2 performance", _ => Statistics(CryptoOtherScreens.RenderPerformance)),
        Row("show crypto ikev2 diagnose error", _ => Statistics(CryptoOtherScreens.RenderErrors)),
        Row($"show crypto ipsec sa [peer {Peer}] [interface=TUNNEL] [detail]", a => Sessions(a, state => CryptoIpsecScreen.Render(state, a.Has("detail")))),
        Row($"show crypto session [remote {Peer}] [interface=TUNNEL] [detail]", a => Sessions(a, state => CryptoSessionScreen.Render(state, a.Has("detail")))),
        Row("show crypto pki certificates", _ => ShowAction.Of(
            ApiRoutes.Certificates, ScreenQuery.All, ApiJson.Default.CertificateState, CryptoOtherScreens.Render)),
        Row($"clear crypto session [remote {Peer}]", a => ClearCrypto(new ClearCryptoRequest { Peer = Address(a, "remote") })),
        Row("clear crypto ikev2 sa", _ => ClearCrypto(new ClearCryptoRequest())),
        Row($"clear crypto ikev2 sa remote {Peer}", a => ClearCrypto(new ClearCryptoRequest { Peer = Address(a, "remote") })),
        Row("clear crypto ikev2 stats", _ => ClearCrypto(new ClearCryptoRequest { Statistics = true })),
        Row($"clear crypto sa [peer {Peer}]", a => ClearCrypto(new ClearCryptoRequest { Peer = Address(a, "peer"), IpsecOnly = true })),
    ];

    private static ShowAction Sessions(CommandArguments arguments, Func<CryptoState, string> render) => ShowAction.Of(
        ApiRoutes.CryptoSessions,
        Query(arguments) with { Nbma = Address(arguments, "peer") ?? Address(arguments, "remote") },
        ApiJson.Default.CryptoState,
        render);

    private static ShowAction Statistics(Func<CryptoStatisticsState, string> render) =>
        ShowAction.Of(ApiRoutes.CryptoStatistics, ScreenQuery.All, ApiJson.Default.CryptoStatisticsState, render);

    private static PostAction ClearCrypto(ClearCryptoRequest request) => PostAction.Of(ApiRoutes.ClearCrypto, request, ApiJson.Default.ClearCryptoRequest);
}
