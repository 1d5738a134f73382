using System.Globalization;
using Dmvpn.Cli.Dissect.Keys;
using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Capture;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Rip;
using Dmvpn.Wire.Udp;

namespace Dmvpn.Cli.Dissect;

/// <summary>
/// Goes through a capture and takes every frame apart from the outside in, as far as its bytes make sense. It keeps
/// nothing from frame to frame but the fragments of IKE messages: IP fragments are not put together.
/// </summary>
/// <param name="showSecrets">Whether authentication strings are shown as they are.</param>
/// <param name="keys">Decrypts IKEv2 and ESP; borrowed.</param>
internal sealed class Dissector(bool showSecrets, CaptureKeys? keys = null)
{
    /// <summary>IP in GRE in IP ... more levels than this only a fuzzer makes.</summary>
    private const int MaximumDepth = 8;

    /// <summary>RFC 2332 5: "IP protocol number 54". Nobody sends it, everybody uses GRE, but decoders know it.</summary>
    private const IpProtocol NhrpOverIp = (IpProtocol)54;

    private readonly DropCounters<Malformed> _malformed = new();
    private readonly List<DissectedLayer> _layers = [];
    private readonly IkeDissector _ikeDissector = new(keys);
    private readonly EspDissector _espDissector = new(keys);
    private int _nhrp, _cdp, _rip, _ike, _esp, _decrypted, _wrongKey, _reproduced, _notReproduced, _notIp, _cutOff;

    /// <summary>Dissects a whole file. False when it is no capture.</summary>
    public bool TryDissect(string name, ReadOnlySpan<byte> file, out DissectReport report, out Malformed why)
    {
        report = null!;
        if (!CaptureReader.TryOpen(file, out CaptureReader reader, out why)) return false;
        var frames = new List<DissectedFrame>();
        int count = 0;
        while (reader.TryRead(out CapturedFrame frame))
        {
            count++;
            if (Frame(frame)) frames.Add(new DissectedFrame(frame.Number, Time(frame.UnixNanoseconds), frame.OriginalLength, [.. _layers]));
        }
        report = new DissectReport(name, frames, new DissectSummary
        {
            Frames = count,
            NotIp = _notIp,
            CutOff = _cutOff,
            Nhrp = _nhrp,
            Cdp = _cdp,
            Rip = _rip,
            Ike = _ike,
            Esp = _esp,
            Decrypted = _decrypted,
            WrongKey = _wrongKey,
            Reproduced = _reproduced,
            NotReproduced = _notReproduced,
            Malformed = (int)_malformed.Total,
            MalformedReasons = new SortedDictionary<string, long>(_malformed.NonZero().ToDictionary()),
            FileFailure = reader.Failure == Malformed.None ? null : reader.Failure.ToString(),
        });
        return true;
    }

    private bool Frame(CapturedFrame frame)
    {
        _layers.Clear();
        bool cutOff = frame.Bytes.Length < frame.OriginalLength;
        if (cutOff) _cutOff++;
        if (LinkLayer.TryGetIp(frame.Link, frame.Bytes, out ReadOnlySpan<byte> packet, out Malformed why))
        {
            Ip(packet, 0, cutOff);
            return true;
        }
        _notIp++;
        if (why == Malformed.NotIp) return false;
        Refuse($"link {(ushort)frame.Link}", why, cutOff);
        return true;
    }

    private void Ip(ReadOnlySpan<byte> packet, int depth, bool cutOff)
    {
        if (!IpView.TryParse(packet, out IpView ip, out Malformed why) && !(cutOff && IpView.TryParseHeader(packet, out ip, out why)))
        {
            Refuse("IP", why, cutOff);
            return;
        }
        string fragment = ip.IsFragment ? $", fragment at {ip.FragmentOffset}" : "";
        _layers.Add(new DissectedLayer(ip.IsIPv4 ? "IPv4" : "IPv6")
        {
            Source = ip.Source.ToString(),
            Destination = ip.Destination.ToString(),
            Detail = $"ttl {ip.HopLimit}, tos 0x{ip.TrafficClass:X2}, length {ip.TotalLength}{fragment}",
        });

        // A part of a packet is named and not decoded.
        if (ip.IsFragment) return;
        Upper(ip.Protocol, ip.Payload, new Ends(ip.Source, ip.Destination), depth, cutOff);
    }

    private void Upper(IpProtocol protocol, ReadOnlySpan<byte> payload, Ends ends, int depth, bool cutOff)
    {
        switch (protocol)
        {
            case IpProtocol.Gre:
                Gre(payload, depth, cutOff);
                break;
            case IpProtocol.Udp:
                Udp(payload, ends, depth, cutOff);
                break;
            case IpProtocol.Esp:
                Esp(payload, ends, depth, cutOff);
                break;
            case NhrpOverIp:
                Nhrp(payload, cutOff);
                break;
            case IpProtocol.Ipv6 or (IpProtocol)4 when depth < MaximumDepth:
                Ip(payload, depth + 1, cutOff);
                break;
            case (IpProtocol)EspSpec.NoNextHeader:
                _layers.Add(new DissectedLayer("dummy packet"));
                break;
            default:
                _layers.Add(new DissectedLayer(Name(protocol)));
                break;
        }
    }

    private void Esp(ReadOnlySpan<byte> payload, Ends ends, int depth, bool cutOff)
    {
        if (!_espDissector.TryDissect(payload, ends.Source, ends.Destination, cutOff, out DissectedLayer? layer, out byte[]? within, out byte next, out Malformed why))
        {
            Refuse("ESP", why, cutOff);
            return;
        }
        _esp++;
        Count(layer.Esp!.Secrecy);
        _layers.Add(layer);
        if (within is not null && depth < MaximumDepth) Upper((IpProtocol)next, within, ends, depth + 1, cutOff);
    }

    private void Ike(ReadOnlySpan<byte> payload, bool cutOff)
    {
        if (!_ikeDissector.TryDissect(payload, out DissectedLayer layer, out Malformed fault, out Malformed why))
        {
            Refuse("IKE", why, cutOff);
            return;
        }
        if (layer.Ike is { } message)
        {
            _ike++;
            Count(message.Secrecy);
        }
        if (fault != Malformed.None)
        {
            _malformed.Count(fault);
            layer = layer with { Malformed = fault.ToString() };
        }
        _layers.Add(layer);
    }

    private void Gre(ReadOnlySpan<byte> payload, int depth, bool cutOff)
    {
        if (!GreView.TryParse(payload, out GreView gre, out Malformed why))
        {
            Refuse("GRE", why, cutOff);
            return;
        }
        _layers.Add(new DissectedLayer("GRE")
        {
            GreKey = gre.Key,
            GreSequence = gre.Sequence,
            Detail = $"protocol 0x{(ushort)gre.Protocol:X4}{(gre.HasChecksum ? ", checksum" : "")}",
        });
        switch (gre.Protocol)
        {
            case GreProtocol.Nhrp:
                Nhrp(gre.Payload, cutOff);
                break;
            case GreProtocol.Cdp:
                Cdp(gre.Payload, cutOff);
                break;
            case GreProtocol.Ipv4 or GreProtocol.Ipv6 when depth < MaximumDepth:
                Ip(gre.Payload, depth + 1, cutOff);
                break;
            case GreProtocol.Osi:
                _layers.Add(new DissectedLayer("OSI"));
                break;
            case GreProtocol.Mpls:
                _layers.Add(new DissectedLayer("MPLS"));
                break;
            case GreProtocol.KeepaliveReply:
                _layers.Add(new DissectedLayer("GRE keepalive reply"));
                break;
            default:
                break;
        }
    }

    private void Udp(ReadOnlySpan<byte> payload, Ends ends, int depth, bool cutOff)
    {
        if (!UdpView.TryParse(payload, out UdpView udp, out Malformed why))
        {
            Refuse("UDP", why, cutOff);
            return;
        }
        _layers.Add(new DissectedLayer("UDP") { Detail = $"{udp.SourcePort} > {udp.DestinationPort}" });
        if (udp.SourcePort is RipSpec.Port or RipSpec.RipngPort || udp.DestinationPort is RipSpec.Port or RipSpec.RipngPort)
        {
            Rip(udp.Payload, isNg: udp.SourcePort == RipSpec.RipngPort || udp.DestinationPort == RipSpec.RipngPort, cutOff);
            return;
        }
        switch (IkePorts.Sort(udp, out ReadOnlySpan<byte> content))
        {
            case IkePortContent.Ike:
                Ike(content, cutOff);
                break;
            case IkePortContent.Esp:
                Esp(content, ends, depth, cutOff);
                break;
            case IkePortContent.NatKeepalive:
                _layers.Add(new DissectedLayer("NAT keepalive"));
                break;
            default:
                break;
        }
    }

    private void Nhrp(ReadOnlySpan<byte> payload, bool cutOff)
    {
        if (!NhrpDissector.TryDissect(payload, showSecrets, out DissectedNhrp? nhrp, out Malformed why))
        {
            Refuse("NHRP", why, cutOff);
            return;
        }
        _nhrp++;
        Count(nhrp.Reproduced);
        _layers.Add(new DissectedLayer("NHRP") { Detail = nhrp.Type, Nhrp = nhrp });
    }

    private void Cdp(ReadOnlySpan<byte> payload, bool cutOff)
    {
        if (!CdpDissector.TryDissect(payload, out DissectedCdp? cdp, out Malformed why))
        {
            Refuse("CDP", why, cutOff);
            return;
        }
        _cdp++;
        Count(cdp.Reproduced);
        _layers.Add(new DissectedLayer("CDP") { Detail = cdp.DeviceId, Cdp = cdp });
    }

    private void Rip(ReadOnlySpan<byte> payload, bool isNg, bool cutOff)
    {
        DissectedRip? rip;
        Malformed why;
        if (!(isNg ? RipDissector.TryDissectNg(payload, out rip, out why) : RipDissector.TryDissect(payload, showSecrets, out rip, out why)))
        {
            Refuse(isNg ? "RIPng" : "RIP", why, cutOff);
            return;
        }
        _rip++;
        Count(rip!.Reproduced);
        _layers.Add(new DissectedLayer(rip.Protocol) { Detail = rip.Command, Rip = rip });
    }

    private void Count(DissectedReproduction reproduced) => _ = reproduced.Exactly ? _reproduced++ : _notReproduced++;

    private void Count(DissectedSecrecy secrecy)
    {
        if (secrecy is DissectedSecrecy.Decrypted or DissectedSecrecy.Altered or DissectedSecrecy.DecryptedUnchecked) _decrypted++;
        else if (secrecy == DissectedSecrecy.WrongKey) _wrongKey++;
    }

    private void Refuse(string protocol, Malformed why, bool cutOff = false)
    {
        // What a short capture did is not the sender's fault.
        if (cutOff && why is not (Malformed.UnknownVersion or Malformed.GreRouting or Malformed.ReservedBits or Malformed.LengthTooSmall or Malformed.UnknownType))
        {
            _layers.Add(new DissectedLayer(protocol) { Detail = $"cut off by the capture ({why})" });
            return;
        }
        _malformed.Count(why);
        _layers.Add(new DissectedLayer(protocol) { Malformed = why.ToString() });
    }

    private static string Name(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Icmp => "ICMP",
        IpProtocol.Icmpv6 => "ICMPv6",
        IpProtocol.Tcp => "TCP",
        IpProtocol.Ospf => "OSPF",
        IpProtocol.Ah => "AH",
        (IpProtocol)88 => "EIGRP",
        _ => $"IP protocol {(byte)protocol}",
    };

    private static string Time(long unixNanoseconds)
    {
        DateTime second = DateTime.UnixEpoch.AddSeconds(unixNanoseconds / 1_000_000_000);
        return string.Create(CultureInfo.InvariantCulture, $"{second:yyyy-MM-ddTHH:mm:ss}.{unixNanoseconds % 1_000_000_000:D9}Z");
    }

    /// <summary>Who sent a packet to whom: which key it has may depend on it.</summary>
    private readonly record struct Ends(IpAddress Source, IpAddress Destination);
}
