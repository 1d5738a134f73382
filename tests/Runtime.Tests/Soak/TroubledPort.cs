using Dmvpn.Core;
using Dmvpn.Dataplane;

namespace Dmvpn.Runtime.Tests.Soak;

/// <summary>A port by which some packets are lost, some come later than those behind them, and some come twice.</summary>
internal sealed unsafe class TroubledPort(IDatagramPort inner, int seed) : IDatagramPort
{
    private const int Lost = 10, Late = 15, Twice = 5;   // of 1,000

    private readonly Random _random = new(seed);
    private readonly List<(byte[] Bytes, OutgoingPacket Packet, int Left)> _late = [];

    public IpAddress LocalAddress => inner.LocalAddress;

    /// <summary>How many were lost, late or doubled.</summary>
    public long Troubled { get; private set; }

    public int Receive(PacketBatch batch) => inner.Receive(batch);

    public void Send(Span<OutgoingPacket> packets)
    {
        var passed = new List<OutgoingPacket>();
        foreach (ref OutgoingPacket packet in packets)
        {
            packet.Outcome = SendOutcome.Sent;
            int chance = _random.Next(1000);
            if (chance < Lost + Late + Twice) Troubled++;
            if (chance < Lost) continue;
            if (chance < Lost + Late)
            {
                _late.Add((new ReadOnlySpan<byte>(packet.Data, packet.Length).ToArray(), packet, _random.Next(1, 4)));
                continue;
            }
            passed.Add(packet);
            if (chance < Lost + Late + Twice) passed.Add(packet);
        }
        inner.Send([.. passed]);
        SendLate();
    }

    private void SendLate()
    {
        for (int i = _late.Count - 1; i >= 0; i--)
        {
            (byte[] bytes, OutgoingPacket packet, int left) = _late[i];
            if (left > 1)
            {
                _late[i] = (bytes, packet, left - 1);
                continue;
            }
            _late.RemoveAt(i);
            fixed (byte* data = bytes)
            {
                packet.Data = data;
                inner.Send([packet]);
            }
        }
    }
}

/// <summary>A port of which nothing comes, and by which nothing should leave.</summary>
internal sealed class SilentPort(IpAddress local) : IDatagramPort
{
    public IpAddress LocalAddress => local;

    public int Receive(PacketBatch batch) => batch.Count = 0;

    public void Send(Span<OutgoingPacket> packets) => throw new InvalidOperationException("nothing leaves here");
}
