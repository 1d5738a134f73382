namespace Dmvpn.Dataplane.Offload;

/// <summary>
/// Of what size a flow's TCP segments are, for those that the kernel's GRO has merged within GRE before we see them: a raw socket tells no size. Cutting them again larger than they were could
/// exceed a path that their sender knows to be narrow; smaller only costs. So the size is the largest of the flow that came alone, and the tunnel's while none is known.
/// </summary>
internal sealed class SegmentSizes
{
    private readonly Entry[] _entries = new Entry[OffloadLimits.SegmentSizes];

    /// <summary>A segment that came alone.</summary>
    public void Learn(uint flow, int payload)
    {
        ref Entry entry = ref _entries[flow & (OffloadLimits.SegmentSizes - 1)];
        if (entry.Flow != flow) entry = new Entry { Flow = flow };
        entry.Size = Math.Max(entry.Size, payload);
    }

    /// <summary>The size, or more than any.</summary>
    public int Of(uint flow)
    {
        ref readonly Entry entry = ref _entries[flow & (OffloadLimits.SegmentSizes - 1)];
        return entry.Flow == flow && entry.Size >= OffloadLimits.LeastSegmentSize ? entry.Size : int.MaxValue;
    }

    private struct Entry
    {
        public uint Flow;
        public int Size;
    }
}
