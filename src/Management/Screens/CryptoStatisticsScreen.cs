using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show crypto ikev2 stats [exchange]</c>, <c>performance</c>, <c>diagnose error</c>.</summary>
public static class CryptoStatisticsScreen
{
    private const string Rule = "--------------------------------------------------------------------------------";

    /// <summary><c>stats</c>: IOS's table, and behind it what only this router counts.</summary>
    public static string Render(CryptoStatisticsState state)
    {
        CryptoExchange init = Exchange(state, "IKE_SA_INIT");
        long refused = Drops(state, "TooManyJobs", "TooManyHalfOpen", "TooManyFromAddress", "GaveWay", "TooLong"), limited = Drops(state, "TooManySas");
        long incoming = init.RequestsReceived + refused + limited;
        var text = new ScreenText();
        if (state.KeyLog is { } file) text.Line(CryptoFormat.KeyLogWarning(file)).Line();
        text.Line(Rule).Line("                          Crypto IKEv2 SA Statistics").Line(Rule);
        text.Line($"System Resource Limit:   0        Max IKEv2 SAs: {state.MaxSas ?? 0,-8} Max in nego(in/out): {state.MaxInNegotiation}/0");
        text.Line($"Total incoming IKEv2 SA Count:    {state.ActiveIncoming + state.NegotiatingIncoming,-8} active:        {state.ActiveIncoming,-8} negotiating: {state.NegotiatingIncoming,-5} ");
        text.Line($"Total outgoing IKEv2 SA Count:    {state.ActiveOutgoing + state.NegotiatingOutgoing,-8} active:        {state.ActiveOutgoing,-8} negotiating: {state.NegotiatingOutgoing,-5} ");
        text.Line($"Incoming IKEv2 Requests: {incoming,-8} accepted:      {init.RequestsReceived,-8} rejected:    {refused + limited,-7} ");
        text.Line($"Outgoing IKEv2 Requests: {init.RequestsSent,-8} accepted:      {init.ResponsesReceived,-8} rejected:    {Math.Max(0, init.RequestsSent - init.ResponsesReceived),-7} ");
        text.Line($"Rejected IKEv2 Requests: {refused + limited,-8} rsrc low:      {refused,-8} SA limit:    {limited,-7} ");
        text.Line($"IKEv2 packets dropped at dispatch: {Drops(state, "UnknownSa", "NoProtection", "OldVersion", "NewerVersion"),-7} ");
        text.Line($"Incoming Requests dropped as LOW Q limit reached : {Drops(state, "TooManyJobs"),-7} ");
        text.Line($"Incoming IKEV2 Cookie Challenged Requests: {state.CookiesSent,-7} ").Line();
        Row(text, "ESP SAs", state.IpsecSas);
        Row(text, "IKE SAs that came up (in/out)", $"{state.EstablishedIncoming}/{state.EstablishedOutgoing}");
        Row(text, "of these by a session ticket", state.Resumed);
        Row(text, "Negotiations that failed", state.Failed);
        Row(text, "Rekeyed (IKE/ESP)", $"{state.IkeRekeys}/{state.ChildRekeys}");
        Row(text, "Peers found dead", state.DeadPeers);
        Row(text, "Peers that were restarted", state.CrashedPeers);
        Row(text, "Peers that moved", state.Moves);
        Row(text, "Computations waited for", state.Jobs);
        if (state.Drops.Count == 0) return text.ToString();
        text.Line().Line("Messages that were not obeyed, by reason:");
        foreach ((string name, long count) in state.Drops) Row(text, name, count);
        return text.ToString();
    }

    /// <summary><c>stats exchange</c>.</summary>
    public static string RenderExchanges(CryptoStatisticsState state)
    {
        var text = new ScreenText().Line("EXCHANGE/NOTIFY                   TX(REQ)    TX(RES)    RX(REQ)    RX(RES)").Line().Line("EXCHANGES").Line();
        foreach (CryptoExchange exchange in state.Exchanges)
            text.Line($"{exchange.Name,-32} {exchange.RequestsSent,8} {exchange.ResponsesSent,10} {exchange.RequestsReceived,10} {exchange.ResponsesReceived,10}");
        text.Line().Line("OTHER COUNTERS").Line();
        text.Line($"{"RETRANSMISSIONS_SENT",-32} {state.Exchanges.Sum(e => e.Retransmissions),8}");
        text.Line($"{"RETRANSMISSIONS_RECEIVED",-32} {state.Exchanges.Sum(e => e.RetransmissionsReceived),8}");
        return text.ToString();
    }

    /// <summary><c>performance</c>: how long the stages of a negotiation took.</summary>
    public static string RenderPerformance(CryptoStatisticsState state)
    {
        var text = new ScreenText().Line("Crypto ISAKMP Protocol Stats (microseconds):").Line("                       SampleSize        avg        min        max");
        foreach (CryptoPhase phase in state.Phases)
            text.Line($"{phase.Name,-22} {phase.Count,10} {phase.AverageMicroseconds,10} {phase.MinimumMicroseconds,10} {phase.MaximumMicroseconds,10}");
        return text.ToString();
    }

    /// <summary><c>diagnose error</c>: why negotiations failed, and what to change.</summary>
    public static string RenderErrors(CryptoStatisticsState state)
    {
        var text = new ScreenText()
            .Line($"Exit Path Table - status: enable, current entry {state.Failures.Count}, deleted {state.ForgottenFailures}, max allow {state.MaximumFailures}").Line();
        foreach (CryptoFailure failure in state.Failures)
        {
            text.Line($"Error({failure.Count}): {failure.Text}");
            text.Line($"  {failure.Exchange}, local {failure.Local}, remote {failure.Remote}, {failure.Reason}, {ScreenFormat.Age(failure.SecondsAgo)} ago").Line();
        }
        return text.ToString();
    }

    private static CryptoExchange Exchange(CryptoStatisticsState state, string name) =>
        state.Exchanges.FirstOrDefault(exchange => exchange.Name == name) ?? new CryptoExchange { Name = name };

    private static long Drops(CryptoStatisticsState state, params ReadOnlySpan<string> names)
    {
        long sum = 0;
        foreach (string name in names) sum += state.Drops.GetValueOrDefault(name);
        return sum;
    }

    private static void Row(ScreenText text, string name, long value) => Row(text, name, value.ToString());

    private static void Row(ScreenText text, string name, string value) => text.Line($"  {name,-34} {value}");
}
