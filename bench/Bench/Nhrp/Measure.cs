namespace Dmvpn.Bench.Nhrp;

/// <summary>One line of the report. Figures that a measurement does not have are null.</summary>
/// <param name="Path"><c>engine</c>: in process, no I/O; <c>socket</c>: the native hub behind a veth pair.</param>
/// <param name="What">Which messages.</param>
/// <param name="Spokes">How many were registered (at the end, where registering is what is measured).</param>
/// <param name="Messages">How many requests were answered.</param>
/// <param name="Seconds">Wall time from the first request to the last answer.</param>
/// <param name="CpuNanoseconds">CPU time per message of the process that serves them, all threads and their system calls.</param>
/// <param name="BytesPerSpoke">Memory that a registered spoke takes.</param>
/// <param name="Retransmitted">Requests that had to be sent again.</param>
internal sealed record Measure(
    string Path, string What, int Spokes, int Messages, double Seconds, double CpuNanoseconds, double? BytesPerSpoke = null, int Retransmitted = 0)
{
    /// <summary>Which run, from 1.</summary>
    public int Run { get; init; }

    public double PerSecond => Messages / Seconds;

    public string Key => $"{Path} {What} {Spokes}";
}
