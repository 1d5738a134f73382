using Dmvpn.Ike;

namespace Dmvpn.Management.Config;

/// <summary>
/// Whether several workers may send by one tunnel. They take numbers from one row, for an ESP SA or for GRE, and a worker that has sealed a batch may be kept from sending it by the kernel's scheduler while another
/// one sends on: its packets come late by as many numbers. A flow stays in order, but a receiver drops what is left of its window (RFC 4303 3.4.3), and with <c>tunnel sequence-datagrams</c> all that is late (RFC 2890 2.2).
/// How large the peers' windows are nobody tells: they are taken to be what is configured here. IOS has 64 by default, strongSwan 32.
/// </summary>
public static class SendingRule
{
    /// <summary>The least window that holds what the other workers send while one is kept waiting for some milliseconds.</summary>
    public const int LeastWindow = 1024;

    /// <summary>True when the order of numbers does not matter that much to who receives by the tunnel.</summary>
    public static bool MaySpread(TunnelConfig tunnel, IkeConfig crypto)
    {
        if (tunnel.SequenceDatagrams) return false;
        if (tunnel.Protection is not { } protection) return true;
        return (crypto.IpsecProfileOf(protection.Profile)?.ReplayWindow ?? crypto.ReplayWindow) is 0 or >= LeastWindow;
    }
}
