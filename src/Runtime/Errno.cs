namespace Dmvpn.Runtime;

/// <summary>
/// Error numbers of Linux (errno(3)) that this program tells apart; the values are those of every architecture that .NET
/// runs on. Any other number is carried as it is.
/// </summary>
public enum Errno
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>EPERM: a capability is missing, or a packet filter said no.</summary>
    NotPermitted = 1,

    /// <summary>ENOENT: no such file; for a rule or a name, no such object.</summary>
    NoEntry = 2,

    /// <summary>ESRCH: no such route.</summary>
    NoSuchProcess = 3,

    /// <summary>EINTR: a signal came first.</summary>
    Interrupted = 4,

    /// <summary>EIO: the TUN device is down.</summary>
    InputOutput = 5,

    /// <summary>ENXIO.</summary>
    NoSuchDeviceOrAddress = 6,

    /// <summary>EBADF: not an open descriptor.</summary>
    BadDescriptor = 9,

    /// <summary>EAGAIN: it would block.</summary>
    Again = 11,

    /// <summary>ENOMEM.</summary>
    NoMemory = 12,

    /// <summary>EACCES.</summary>
    AccessDenied = 13,

    /// <summary>EBUSY: the TUN device is in use by another process.</summary>
    Busy = 16,

    /// <summary>EEXIST: the object is there already.</summary>
    Exists = 17,

    /// <summary>ENODEV: no such link.</summary>
    NoDevice = 19,

    /// <summary>EINVAL.</summary>
    Invalid = 22,

    /// <summary>ERANGE.</summary>
    Range = 34,

    /// <summary>ELOOP: a symbolic link where none is followed.</summary>
    TooManyLinks = 40,

    /// <summary>EPROTO.</summary>
    Protocol = 71,

    /// <summary>EBADFD: the device behind the descriptor was deleted.</summary>
    BadDescriptorState = 77,

    /// <summary>EMSGSIZE: longer than the path MTU, and not to be fragmented.</summary>
    MessageTooLong = 90,

    /// <summary>ENOPROTOOPT.</summary>
    NoProtocolOption = 92,

    /// <summary>EOPNOTSUPP.</summary>
    NotSupported = 95,

    /// <summary>EAFNOSUPPORT: the kernel has no such address family (IPv6 disabled).</summary>
    AddressFamilyNotSupported = 97,

    /// <summary>EADDRINUSE.</summary>
    AddressInUse = 98,

    /// <summary>EADDRNOTAVAIL: not an address of this machine (or of this namespace).</summary>
    AddressNotAvailable = 99,

    /// <summary>ENETDOWN.</summary>
    NetworkDown = 100,

    /// <summary>ENETUNREACH: no route.</summary>
    NetworkUnreachable = 101,

    /// <summary>ENOBUFS: a queue overran.</summary>
    NoBufferSpace = 105,

    /// <summary>ETIMEDOUT.</summary>
    TimedOut = 110,

    /// <summary>ECONNREFUSED.</summary>
    ConnectionRefused = 111,

    /// <summary>EHOSTDOWN.</summary>
    HostDown = 112,

    /// <summary>EHOSTUNREACH: a router or the neighbour table said so.</summary>
    HostUnreachable = 113,
}
