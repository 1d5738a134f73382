namespace Dmvpn.Bench.Nhrp;

/// <summary>Requests through the socket to the native hub and back.</summary>
internal static class SocketBench
{
    /// <summary>A fresh hub, <paramref name="spokes"/> registrations, then renewals and resolutions of random spokes.</summary>
    /// <param name="samples">How many renewals and resolutions of each kind.</param>
    public static async Task<List<Measure>> RunAsync(int spokes, int samples)
    {
        List<Measure> measures = [];
        var sample = Sample.Of(spokes, samples);
        HubUnderTest hub = await HubUnderTest.StartAsync().ConfigureAwait(false);
        await using (hub.ConfigureAwait(false))
        {
            long before = await ProcessFigures.SettledBytesAsync(hub.Process).ConfigureAwait(false);
            Measure registered = await RunAsync(hub, "registration", spokes, RequestSet.Registrations(sample.All)).ConfigureAwait(false);
            long after = await ProcessFigures.SettledBytesAsync(hub.Process).ConfigureAwait(false);
            measures.Add(registered with { BytesPerSpoke = (after - before) / (double)spokes });
            measures.Add(await RunAsync(hub, "renewal", spokes, RequestSet.Registrations(sample.Some)).ConfigureAwait(false));
            measures.Add(await RunAsync(hub, "resolution, passed on", spokes, RequestSet.Resolutions(sample.Some, sample.Others, authoritative: true)).ConfigureAwait(false));
            measures.Add(await RunAsync(hub, "resolution, from cache", spokes, RequestSet.Resolutions(sample.Some, sample.Others, authoritative: false)).ConfigureAwait(false));
        }
        return measures;
    }

    private static async Task<Measure> RunAsync(HubUnderTest hub, string what, int spokes, RequestSet requests)
    {
        using (requests)
        {
            long cpu = ProcessFigures.CpuNanoseconds(hub.Process);
            TimeSpan took;
            try
            {
                took = hub.Generator.Run(requests);
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException($"{what}, {spokes} spokes: {e.Message}\n{await hub.DescribeAsync().ConfigureAwait(false)}");
            }
            cpu = ProcessFigures.CpuNanoseconds(hub.Process) - cpu;
            if (hub.Generator.Refused > 0) throw new InvalidDataException($"{what}, {spokes} spokes: {hub.Generator.Refused} of {requests.Count} refused");
            return new Measure("socket", what, spokes, requests.Count, took.TotalSeconds, (double)cpu / requests.Count, null, hub.Generator.Retransmitted);
        }
    }
}
