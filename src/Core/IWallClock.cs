namespace Dmvpn.Core;

/// <summary>
/// The time of day, for what is dated: certificates, revocation lists, session tickets. Engines have no clock of their own; timers
/// use <see cref="Instant"/>.
/// </summary>
public interface IWallClock
{
    /// <summary>The present, in UTC.</summary>
    DateTimeOffset Now { get; }
}
