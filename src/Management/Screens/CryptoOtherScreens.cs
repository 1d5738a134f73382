using System.Globalization;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show crypto pki certificates</c>, <c>show crypto ikev2 stats</c>, <c>performance</c>, <c>diagnose error</c>.</summary>
public static class CryptoOtherScreens
{
    /// <summary>Certificates.</summary>
    public static string Render(CertificateState state)
    {
        var text = new ScreenText();
        foreach (CertificateEntry certificate in state.Certificates)
        {
            text.Line(certificate.IsAuthority ? "CA Certificate" : "Certificate");
            text.Line($"  Status: {(certificate.NotAfter < DateTimeOffset.UtcNow ? "Expired" : "Available")}");
            text.Line($"  Certificate Serial Number (hex): {certificate.SerialNumber}");
            text.Line($"  Certificate Usage: {(certificate.IsAuthority ? "Signature" : "General Purpose")}");
            text.Line("  Issuer: ");
            Name(text, certificate.Issuer);
            text.Line("  Subject: ");
            if (!certificate.IsAuthority) text.Line($"    Name: {CommonName(certificate.Subject)}");
            Name(text, certificate.Subject);
            text.Line("  Validity Date: ");
            text.Line($"    start date: {Date(certificate.NotBefore)}");
            text.Line($"    end   date: {Date(certificate.NotAfter)}");
            text.Line($"  Associated Trustpoints: {certificate.Trustpoint} ").Line();
        }
        return text.ToString();
    }

    /// <summary>Counters.</summary>
    public static string RenderStatistics(CryptoStatisticsState state)
    {
        var text = new ScreenText();
        text.Line(new string('-', 80)).Line("                          Crypto IKEv2 SA Statistics").Line(new string('-', 80));
        text.Line($"System Resource Limit:   0        Max IKEv2 SAs: {state.MaxSas ?? 0,-8} Max in nego(in/out): {state.MaxNegotiatingIn}/{state.MaxNegotiatingIn}");
        int negotiating = state.NegotiatingIn + state.NegotiatingOut;
        text.Line($"Total incoming IKEv2 SA Count: {state.NegotiatingIn,-8} active: {state.Active,-8} negotiating: {state.NegotiatingIn}");
        text.Line($"Total outgoing IKEv2 SA Count: {state.NegotiatingOut,-8} active: {state.Active,-8} negotiating: {state.NegotiatingOut}");
        text.Line($"Active SAs: {state.Active}, negotiating: {negotiating}").Line();
        text.Line($"{"Exchange",-22}{"req sent",12}{"again",10}{"answers",12}{"req rcvd",12}{"again",10}{"answered",12}");
        foreach (CryptoExchange e in state.Exchanges)
            text.Line($"{e.Name,-22}{e.RequestsSent,12}{e.Retransmissions,10}{e.ResponsesReceived,12}{e.RequestsReceived,12}{e.RetransmissionsReceived,10}{e.ResponsesSent,12}");
        if (state.Drops.Count == 0) return text.ToString();
        text.Line().Line("Messages that were not obeyed");
        foreach ((string name, long count) in state.Drops) text.Line($"  {name,-34}{count,12}");
        return text.ToString();
    }

    /// <summary>Times.</summary>
    public static string RenderPerformance(CryptoStatisticsState state)
    {
        var text = new ScreenText().Line("IKEv2 performance").Line();
        text.Line($"{"Stage",-24}{"count",10}{"mean (us)",14}{"longest (us)",16}");
        foreach (CryptoPhase phase in state.Phases) text.Line($"{phase.Name,-24}{phase.Count,10}{phase.MeanMicroseconds,14}{phase.LongestMicroseconds,16}");
        return text.ToString();
    }

    /// <summary>Failures.</summary>
    public static string RenderErrors(CryptoStatisticsState state)
    {
        var text = new ScreenText().Line("Exit Path Table - status: enable, current entry " + state.Failures.Count).Line();
        foreach (CryptoFailure failure in state.Failures)
        {
            text.Line($"Error: {failure.Reason} in {failure.Exchange}, {ScreenFormat.Age(failure.SecondsAgo)} ago");
            text.Line($"  local {failure.Local}, remote {failure.Remote}");
            text.Line($"  {failure.Text}").Line();
        }
        return text.ToString();
    }

    private static void Name(ScreenText text, string name)
    {
        foreach (string part in name.Split(", ")) text.Line($"    {part.ToLowerInvariant()[..Math.Max(part.IndexOf('='), 0)]}{part[Math.Max(part.IndexOf('='), 0)..]}");
    }

    private static string CommonName(string subject)
    {
        foreach (string part in subject.Split(", "))
            if (part.StartsWith("CN=", StringComparison.OrdinalIgnoreCase)) return part[3..];
        return subject;
    }

    private static string Date(DateTimeOffset date) => date.UtcDateTime.ToString("HH:mm:ss 'UTC' MMM d yyyy", CultureInfo.InvariantCulture);
}
