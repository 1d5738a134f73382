using Dmvpn.Core;

namespace Dmvpn.Simulation.Tests.Network;

/// <summary>What happened: a hash over all of it, and the last events for who has to find out why.</summary>
internal sealed class Trace
{
    private const int Kept = 400;
    private readonly (Instant At, string What, string From, string To, string Text)[] _ring = new (Instant, string, string, string, string)[Kept];

    public ulong Hash { get; private set; } = 0xcbf29ce484222325;

    public long Events { get; private set; }

    public void Add(Instant at, string what, string from, string to, string text = "", ReadOnlySpan<byte> bytes = default)
    {
        _ring[Events++ % Kept] = (at, what, from, to, text);
        Mix((ulong)at.Nanoseconds);
        foreach (char c in what) Mix(c);
        foreach (char c in from) Mix(c);
        foreach (char c in to) Mix(c);
        foreach (byte b in bytes) Mix(b);
    }

    /// <summary>A data packet: only numbers, there are many.</summary>
    public void AddData(Instant at, int router, long packet)
    {
        Mix((ulong)at.Nanoseconds);
        Mix((ulong)router);
        Mix((ulong)packet);
    }

    public string Last(int count)
    {
        var lines = new List<string>();
        for (long i = Math.Max(0, Events - Math.Min(count, Kept)); i < Events; i++)
        {
            (Instant at, string what, string from, string to, string text) = _ring[i % Kept];
            lines.Add($"{at} {what} {from} > {to} {text}");
        }
        return string.Join('\n', lines);
    }

    private void Mix(ulong value) => Hash = (Hash ^ value) * 0x100000001b3;
}
