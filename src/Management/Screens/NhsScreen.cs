using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show {ip|ipv6} nhrp nhs [detail]</c>.</summary>
public static class NhsScreen
{
    /// <summary>The screen; <paramref name="detail"/> adds counters, request ids and pending registrations.</summary>
    public static string Render(NhsState state, bool detail = false)
    {
        var text = new ScreenText().Line("Legend: E=Expecting replies, R=Responding, W=Waiting, D=Dynamic");
        foreach (NhsTunnel tunnel in state.Tunnels)
        {
            text.Line($"{tunnel.Tunnel}:");
            foreach (NhsEntry server in tunnel.Servers)
            {
                if (!detail)
                {
                    text.Line(Summary(server));
                    continue;
                }

                string last = server.LastReplySeconds is { } seconds ? $" ({ScreenFormat.Age(seconds)} ago)" : "";
                text.Line($"{Summary(server)}  req-sent {server.RequestsSent}  req-failed {server.RequestsFailed}  repl-recv {server.RepliesReceived}{last}");
                string acknowledged = server.AcknowledgedRequestId is { } id ? $" (Ack: {id})" : "";
                text.Line($" Current Request ID: {server.RequestId}{acknowledged}");
                text.Line($" Protection Socket Requested: {(server.ProtectionRequested ? "TRUE" : "FALSE")}");
                if (server.NextRegistrationSeconds is { } next) text.Line($" Next registration in {ScreenFormat.Age(next)}");
                if (server.LastRefusal is { } refusal) text.Line($" Last registration refused: {refusal}");
            }

            text.Line();
        }

        if (detail && state.Pending.Count > 0)
        {
            text.Line().Line("Pending Registration Requests:");
            foreach (PendingRegistration pending in state.Pending)
            {
                string expiry = pending.ExpireSeconds is { } left ? $"expires in {left} sec" : "expired";
                text.Line($"Registration Request: Reqid {pending.RequestId}, Ret {pending.RetrySeconds}  NHS {pending.Nhs.Text()} {expiry} ({pending.Tunnel.Short()})");
            }
        }

        return text.ToString();
    }

    /// <summary>The line of one server, without counters; also part of <c>show dmvpn detail</c>.</summary>
    internal static string Summary(NhsEntry server)
    {
        string flags = $"{(server.Responding ? 'R' : ' ')}{(server.Waiting ? 'W' : server.ExpectingReplies ? 'E' : ' ')}{(server.Dynamic ? "D" : "")}";
        string nbma = (server.Nbma, server.NbmaName) switch
        {
            ({ } address, null) => $"NBMA Address: {address.Text()} ",
            ({ } address, { } name) => $"NBMA Address: {address.Text()} ({name}) ",
            (null, { } name) => $"NBMA Address: UNKNOWN ({name}) ",
            _ => "",
        };
        return $"{server.Address?.Text() ?? IpAddress.AnyIPv4.Text()}  {flags}  {nbma}priority = {server.Priority} cluster = {server.Cluster}";
    }
}
