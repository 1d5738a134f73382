namespace Dmvpn.Dataplane.Queueing;

/// <summary>Whose turn it is in one band: flows that are new first, the others in a circle (RFC 8290 4.2).</summary>
internal struct BandSchedule
{
    private readonly int _share;
    private FlowList _new = FlowList.Empty;
    private FlowList _old = FlowList.Empty;

    /// <param name="share">Bytes in a cycle of all bands.</param>
    public BandSchedule(int share) => _share = Credit = share;

    /// <summary>Bytes that the band may still send in this cycle.</summary>
    public int Credit;

    /// <summary>Whether flows are listed.</summary>
    public readonly bool HasFlows => !_new.IsEmpty || !_old.IsEmpty;

    /// <summary>A flow that stood in no list has something.</summary>
    public void Enlist(FlowQueue[] flows, short index)
    {
        ref FlowQueue flow = ref flows[index];
        flow.IsListed = true;
        flow.Deficit = QueueLimits.Quantum;
        _new.Append(flows, index);
    }

    /// <summary>The flow whose turn it is. There is one.</summary>
    public short Next(FlowQueue[] flows)
    {
        while (true)
        {
            ref FlowList list = ref _new.IsEmpty ? ref _old : ref _new;
            short index = list.First;
            if (flows[index].Deficit > 0) return index;
            flows[index].Deficit += QueueLimits.Quantum;
            list.RemoveFirst(flows);
            _old.Append(flows, index);
        }
    }

    /// <summary>The flow of <see cref="Next"/> has nothing. One that was new waits for a turn of the others, or it would be new again at once and starve them.</summary>
    public void OnEmpty(FlowQueue[] flows)
    {
        bool wasNew = !_new.IsEmpty;
        ref FlowList list = ref wasNew ? ref _new : ref _old;
        short index = list.First;
        list.RemoveFirst(flows);
        if (wasNew && !_old.IsEmpty) _old.Append(flows, index);
        else flows[index].IsListed = false;
    }

    /// <summary>A new cycle: debts of the last one count, savings do not.</summary>
    public void Refill() => Credit = Math.Min(Credit + _share, _share);

    private struct FlowList
    {
        public static readonly FlowList Empty = new() { First = FlowQueue.None, _last = FlowQueue.None };

        public short First;
        private short _last;

        public readonly bool IsEmpty => First == FlowQueue.None;

        public void Append(FlowQueue[] flows, short index)
        {
            flows[index].NextFlow = FlowQueue.None;
            if (IsEmpty) First = index;
            else flows[_last].NextFlow = index;
            _last = index;
        }

        public void RemoveFirst(FlowQueue[] flows) => First = flows[First].NextFlow;
    }
}
