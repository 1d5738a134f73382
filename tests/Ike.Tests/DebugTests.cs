using System.Text.RegularExpressions;
using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Ike.Tests;

/// <summary>What <c>debug crypto ikev2</c> shows, and what it must not.</summary>
public sealed partial class DebugTests
{
    [Fact]
    public void Exchanges_UnderDebug_AreShownWithWhatIsWithinThem()
    {
        (List<string> lines, _) = Talk();
        string all = string.Join('\n', lines);
        Assert.Contains(lines, line => line.StartsWith("Send IKE_SA_INIT request 0, ", StringComparison.Ordinal) && line.Contains("type: 4, id: DH_GROUP", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("Receive IKE_AUTH response 1, ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("Sealed IKE_AUTH request 1, ", StringComparison.Ordinal) && line.Contains("Id type: FQDN, a.example.org", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("Opened IKE_AUTH response 1, ", StringComparison.Ordinal) && line.Contains("Id type: FQDN, b.example.org", StringComparison.Ordinal));
        Assert.Contains("Sealed CREATE_CHILD_SA request", all);
        Assert.Contains("Send IKE_SESSION_RESUME request 0", all);
    }

    [Fact]
    public void Secrets_UnderDebug_AreCountedAndNotShown()
    {
        (List<string> lines, CollectedKeys keys) = Talk();
        string all = string.Join('\n', lines);
        // They were there to be shown.
        Assert.Matches(@"Auth method \S+, \d+ octets\n", all);
        Assert.Matches(@"type: QUICK_CRASH_DETECTION, data: \d+ octets\n", all);
        Assert.Matches(@"type: TICKET_LT_OPAQUE, data: \d+ sec, \d+ octets\n", all);
        Assert.Matches(@"type: TICKET_OPAQUE, data: \d+ octets\n", all);
        Assert.True(keys.Keys.Count >= 8);
        foreach (string key in keys.Keys)
        {
            for (int at = 0; at + 16 <= key.Length; at += 16) Assert.DoesNotContain(key.Substring(at, 16), all, StringComparison.OrdinalIgnoreCase);
        }
        Assert.DoesNotContain("secret", all);
        // Longer than any hash of addresses, cookie or vendor id that is shown: whatever it is, it is too much.
        Assert.Empty(LongHex().Matches(all).Select(static match => match.Value));
    }

    [Fact]
    public void Messages_WithoutDebug_CostNothing()
    {
        var log = new ListLogger();
        byte[] message = Convert.FromHexString("000102030405060700000000000000002120220800000000000000280000000C000040040000AABB"[..80]);
        Assert.True(IkeView.TryParse(message, out IkeView view, out _));
        var path = new IkePath(null, new IkeEndpoint(IpAddress.Parse("192.0.2.1"), 500), new IkeEndpoint(IpAddress.Parse("192.0.2.2"), 500));
        log.MessageReceived(view, path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) log.MessageReceived(view, path);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(log.Lines);
    }

    [Fact]
    public void ThousandUndecodableMessages_UnderDebug_FiftyLinesAndOneThatCountsTheRest()
    {
        var pair = new Pair();
        pair.A.Log.Level = LogLevel.Debug;
        var path = new IkePath(null, new IkeEndpoint(IpAddress.Parse("192.0.2.1"), 500), new IkeEndpoint(IpAddress.Parse("203.0.113.66"), 500));
        pair.A.Call((engine, now, outbox) =>
        {
            for (int i = 0; i < 1000; i++) engine.HandlePacket(new IkeArrival(path), [1, 2, 3], now, outbox);
        });
        pair.Net.Run(2);
        Assert.Equal(50, pair.A.Log.Lines.Count(static line => line.Contains("cannot be decoded", StringComparison.Ordinal)));
        Assert.Contains("950 more lines about peers, too many to be logged one by one", pair.A.Log.Lines);
    }

    /// <summary>Set-up, rekey of the child SA, and a resumption after a crash: everything that has secrets in it.</summary>
    private static (List<string> Lines, CollectedKeys Keys) Talk()
    {
        var pair = new Pair();
        var keys = new CollectedKeys();
        pair.A.Log.Level = LogLevel.Debug;
        pair.A.Call((engine, _, _) => engine.SetKeyLog(keys));
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        pair.SoftLimit(pair.A);
        pair.Net.Run(60);
        pair.B.Crash();
        pair.A.SendTo(pair.A.Peer);
        pair.Net.Run(5);
        return (pair.A.Log.Lines, keys);
    }

    [GeneratedRegex("[0-9A-Fa-f]{41,}")]
    private static partial Regex LongHex();

    private sealed class CollectedKeys : IIkeKeyLog
    {
        public List<string> Keys { get; } = [];

        public void OnIkeSa(
            ulong initiatorSpi, ulong responderSpi, IkeSuite suite, ReadOnlySpan<byte> encryptionInitiator, ReadOnlySpan<byte> encryptionResponder,
            ReadOnlySpan<byte> integrityInitiator, ReadOnlySpan<byte> integrityResponder) =>
            Keys.AddRange(Convert.ToHexString(encryptionInitiator), Convert.ToHexString(encryptionResponder), Convert.ToHexString(integrityInitiator), Convert.ToHexString(integrityResponder));

        public void OnChildSa(ChildSaInstall child) => Keys.AddRange(Convert.ToHexString(child.InboundKey.Span), Convert.ToHexString(child.OutboundKey.Span));
    }
}
