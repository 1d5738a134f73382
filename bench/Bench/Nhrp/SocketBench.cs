namespace Dmvpn.Bench.Nhrp;

/// <summary>Requests through the socket to the native hub and back.</summary>
internal static class SocketBench
{
    /// <summary>A fresh hub, <paramref name="spokes"/> registrations, then renewals and resolutions of random spokes.</summary>
    /// <param name="samples">How many renewals and resolutions of each kind.</param>
    public static async Task<List<Measure>> RunAsync(int spokes, int samples)
    {
        List<Measure> measures = [];
        var random = new Random(spokes);
        HubUnderTest hub = await HubUnderTest.StartAsync().ConfigureAwait(false);
        await using (hub.ConfigureAwait(false))
        {
            long before = await hub.SettledBytesAsync().ConfigureAwait(false);
            int[] all = [.. Enumerable.Range(0, spokes)];
            random.Shuffle(all);
            Measure registered = await RunAsync(hub, "registration", spokes, RequestSet.Registrations(all)).ConfigureAwait(false);
            long after = await hub.SettledBytesAsync().ConfigureAwait(false);
            measures.Add(registered with { BytesPerSpoke = (after - before) / (double)spokes });
            int[] some = Sample(random, spokes, samples), others = Sample(random, spokes, samples);
            for (int i = 0; i < samples; i++)
            {
                if (others[i] == some[i]) others[i] = (some[i] + 1) % spokes;
            }
            measures.Add(await RunAsync(hub, "renewal", spokes, RequestSet.Registrations(some)).ConfigureAwait(false));
            measures.Add(await RunAsync(hub, "resolution, passed on", spokes, RequestSet.Resolutions(some, others, authoritative: true)).ConfigureAwait(false));
            measures.Add(await RunAsync(hub, "resolution, from cache", spokes, RequestSet.Resolutions(some, others, authoritative: false)).ConfigureAwait(false));
        }
        return measures;
    }

    private static int[] Sample(Random random, int spokes, int count)
    {
        int[] sample = new int[count];
        for (int i = 0; i < count; i++) sample[i] = random.Next(spokes);
        return sample;
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
