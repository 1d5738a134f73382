using Dmvpn.Core;

namespace Dmvpn.Wire.Cdp;

/// <summary>
/// The addresses of an address TLV over borrowed bytes. The list inside a TLV is not checked beforehand: it ends where an entry does
/// not fit.
/// <code>
/// |                     Number of addresses                       |
/// | Protocol type | Prot. length  |  Protocol ...  | Addr. length |
/// |  Address ...
/// </code>
/// </summary>
public readonly ref struct CdpAddresses
{
    private readonly ReadOnlySpan<byte> _value;

    internal CdpAddresses(ReadOnlySpan<byte> value) => _value = value;

    /// <summary>Starts at the first address.</summary>
    public Enumerator GetEnumerator() => new(_value);

    /// <summary>The first IPv4 address, or <see cref="IpAddress.None"/>.</summary>
    public IpAddress FirstIPv4
    {
        get
        {
            foreach (IpAddress address in this)
            {
                if (address.IsIPv4) return address;
            }
            return IpAddress.None;
        }
    }

    /// <summary>All of them, copied; at most <paramref name="maximum"/>.</summary>
    public ValueList<IpAddress> ToList(int maximum)
    {
        var list = new List<IpAddress>();
        foreach (IpAddress address in this)
        {
            if (list.Count == maximum) break;
            list.Add(address);
        }
        return [.. list];
    }

    /// <summary>Walks the addresses.</summary>
    public ref struct Enumerator
    {
        private WireReader _reader;
        private uint _left;

        internal Enumerator(ReadOnlySpan<byte> value)
        {
            _reader = new WireReader(value);
            _left = _reader.ReadUInt32();
        }

        /// <summary>The address it stands on.</summary>
        public IpAddress Current { get; private set; }

        /// <summary>Goes to the next IPv4 or IPv6 address.</summary>
        public bool MoveNext()
        {
            for (; _left > 0 && _reader.Left > 0; _left--)
            {
                byte type = _reader.ReadByte();
                ReadOnlySpan<byte> protocol = _reader.ReadBytes(_reader.ReadByte());
                ReadOnlySpan<byte> address = _reader.ReadBytes(_reader.ReadUInt16());
                if (_reader.Failed) return false;
                bool isIPv4 = type == CdpSpec.NlpidProtocolType && protocol.SequenceEqual([CdpSpec.Ipv4Nlpid]) && address.Length == 4;
                bool isIPv6 = type == CdpSpec.SnapProtocolType && protocol.SequenceEqual(CdpSpec.Ipv6Snap) && address.Length == 16;
                if (!isIPv4 && !isIPv6) continue;
                Current = IpAddress.FromBytes(address);
                _left--;
                return true;
            }
            return false;
        }
    }
}
