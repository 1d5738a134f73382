using System.Collections.Concurrent;
using Dmvpn.Core;
using Dmvpn.Daemon.Control;
using Dmvpn.Dataplane;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// The data-plane threads. Each waits for its queues and ports, runs <see cref="ForwardingWorker.Round"/> until nothing is left, and wakes
/// the control thread when it has written to its mailbox.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    private readonly ControlLoop _loop;
    private readonly ILogger _logger;
    private readonly Member[] _members;
    private volatile bool _stopping;

    public WorkerPool(int count, ForwardingTable table, ControlLoop loop, ILogger logger)
    {
        _loop = loop;
        _logger = logger;
        _members = new Member[count];
        for (int i = 0; i < count; i++) _members[i] = new Member(i, table);
    }

    public int Count => _members.Length;

    /// <summary>What each worker has done.</summary>
    public IEnumerable<(WorkerCounters Counters, DropCounters<DataplaneDrop> Drops)> Counters
    {
        get
        {
            foreach (Member member in _members) yield return (member.Worker.Counters, member.Drops);
        }
    }

    /// <summary>The ports of each worker.</summary>
    public IEnumerable<(int Worker, SocketPort Port)> Ports
    {
        get
        {
            foreach (Member member in _members)
            {
                foreach (SocketPort port in member.Ports.Values) yield return (member.Index, port);
            }
        }
    }

    /// <summary>The mailboxes, one for each worker. Read on the control thread.</summary>
    public IEnumerable<ControlMailbox> Mailboxes
    {
        get
        {
            foreach (Member member in _members) yield return member.Mailbox;
        }
    }

    /// <summary>The mailboxes with IKE messages, one for each worker. Read on the control thread.</summary>
    public IEnumerable<ControlMailbox> IkeMailboxes
    {
        get
        {
            foreach (Member member in _members) yield return member.IkeMailbox;
        }
    }

    /// <summary>Snapshots up to (not including) this version are not used by any worker.</summary>
    public long SeenVersion
    {
        get
        {
            long seen = long.MaxValue;
            foreach (Member member in _members) seen = Math.Min(seen, member.Worker.SeenVersion);
            return seen;
        }
    }

    public void Start()
    {
        foreach (Member member in _members)
        {
            member.Thread = new Thread(() => Run(member)) { Name = $"worker{member.Index}", IsBackground = true };
            member.Thread.Start();
        }
    }

    /// <summary>Called on a worker's thread for each path MTU that the underlay reported: post it to the control thread.</summary>
    public Action<PathMtu>? PathMtuChanged { get; set; }

    /// <summary>Has worker <paramref name="index"/> wait for a device too, from <see cref="BeginWatching"/> on.</summary>
    public void Watch(int index, TunDevice device)
    {
        _members[index].Devices[(ulong)device.Descriptor] = device;
        device.WaitForNotes();
        _members[index].Unwatched.Add(device.Descriptor);
    }

    /// <summary>Has worker <paramref name="index"/> wait for a port too, and read its error queue, from <see cref="BeginWatching"/> on.</summary>
    public void Watch(int index, SocketPort port)
    {
        _members[index].Ports[(ulong)port.Descriptor] = port;
        port.OffloadRefused = refused => DaemonLog.OffloadRefused(_logger, refused.LocalAddress);
        port.WaitForNotes();
        _members[index].Unwatched.Add(port.Descriptor);
    }

    /// <summary>
    /// Has the workers wait for what is in the published snapshot by now. Not earlier: what comes meanwhile is in no round, and a poller that tells of it again and again would have its worker spin until then.
    /// </summary>
    public void BeginWatching()
    {
        foreach (Member member in _members)
        {
            while (member.Unwatched.Count > 0)
            {
                int descriptor = member.Unwatched[^1];
                member.Unwatched.RemoveAt(member.Unwatched.Count - 1);
                member.Poller.Add(descriptor, (ulong)descriptor);
            }
        }
    }

    /// <summary>Has it wait no more. Before the descriptor is closed.</summary>
    public void Unwatch(int index, int descriptor)
    {
        if (!_members[index].Unwatched.Remove(descriptor)) _members[index].Poller.Remove(descriptor);
        _members[index].Ports.TryRemove((ulong)descriptor, out _);
        _members[index].Devices.TryRemove((ulong)descriptor, out _);
    }

    /// <summary>Has every worker take the newest snapshot, also one that has nothing to do.</summary>
    public void Wake()
    {
        foreach (Member member in _members) member.Poller.Wake();
    }

    /// <summary>Ends the threads. Devices and ports may be closed after that, and the pool disposed of last.</summary>
    public void Stop()
    {
        _stopping = true;
        Wake();
        foreach (Member member in _members) member.Thread?.Join();
    }

    public void Dispose()
    {
        Stop();
        foreach (Member member in _members)
        {
            member.Worker.Dispose();
            member.Poller.Dispose();
        }
    }

    private void Run(Member member)
    {
        DropCounters<DataplaneDrop>.OfThread = member.Drops;
        while (!_stopping)
        {
            try
            {
                bool more = member.Worker.Round(MonotonicClock.Now);
                member.Worker.Counters.NoteAllocated(GC.GetAllocatedBytesForCurrentThread());
                if (member.Mailbox.TakeNews() | member.IkeMailbox.TakeNews()) _loop.Poller.Wake();
                Wait(member, more ? Instant.Zero : member.Worker.WakeAt);
            }
            catch (Exception e)
            {
                // A bug that one packet uncovers must not end forwarding for all others.
                DaemonLog.WorkerFailure(_logger, e);
            }
        }
    }

    // A level-triggered poller would spin on an error queue that nobody empties.
    private void Wait(Member member, Instant until)
    {
        foreach (Ready ready in member.Poller.Wait(until))
        {
            if (member.Devices.TryGetValue(ready.Token, out TunDevice? device)) device.NoteReady();
            if (!member.Ports.TryGetValue(ready.Token, out SocketPort? port)) continue;
            port.NoteReady();
            if (!ready.HasError) continue;
            while (port.TryReadPathMtu(out PathMtu pathMtu)) PathMtuChanged?.Invoke(pathMtu);
        }
    }

    private sealed class Member
    {
        public Member(int index, ForwardingTable table)
        {
            Index = index;
            Worker = new ForwardingWorker(index, table, Mailbox, IkeMailbox, (ulong)SystemRandom.Instance.NextUInt32() << 32 | SystemRandom.Instance.NextUInt32());
        }

        public int Index { get; }

        public ControlMailbox Mailbox { get; } = new();

        public ControlMailbox IkeMailbox { get; } = new(DataplaneLimits.IkeMailboxSize);

        public ForwardingWorker Worker { get; }

        public Poller Poller { get; } = new();

        /// <summary>What it dropped, of all tunnels and sources.</summary>
        public DropCounters<DataplaneDrop> Drops { get; } = new();

        /// <summary>Devices by token; changed by the control thread, read by the worker.</summary>
        public ConcurrentDictionary<ulong, TunDevice> Devices { get; } = new();

        /// <summary>Ports by token; changed by the control thread, read by the worker.</summary>
        public ConcurrentDictionary<ulong, SocketPort> Ports { get; } = new();

        /// <summary>Descriptors that the poller does not know yet. Control thread only.</summary>
        public List<int> Unwatched { get; } = [];

        public Thread? Thread { get; set; }
    }
}
