namespace Dmvpn.Nhrp;

/// <summary>State of one registration: one sealed type per state, holding only that state's data.</summary>
internal abstract class RegistrationState
{
    /// <summary>Not to be used: better servers suffice, or the interface is down.</summary>
    public sealed class Idle : RegistrationState;

    /// <summary>No NBMA address yet.</summary>
    public sealed class Unresolved : RegistrationState;

    /// <summary><c>registration delay</c> runs.</summary>
    public sealed class Delayed : RegistrationState;

    /// <summary>Requests are out, one for each own address.</summary>
    public sealed class Registering(uint[] ids) : RegistrationState
    {
        /// <summary>Ids by own address; 0 once acknowledged.</summary>
        public uint[] Open { get; } = ids;

        public int Tries { get; set; }

        public TimeSpan Interval { get; set; } = NhrpLimits.FirstRetransmission;
    }

    /// <summary>All acknowledged; the timer renews.</summary>
    public sealed class Registered : RegistrationState;
}
