using Dmvpn.Core;

namespace Dmvpn.Runtime;

/// <summary>The system's time of day.</summary>
public sealed class SystemWallClock : IWallClock
{
    private SystemWallClock()
    {
    }

    /// <summary>The one instance.</summary>
    public static SystemWallClock Instance { get; } = new();

    /// <inheritdoc/>
    public DateTimeOffset Now => TimeProvider.System.GetUtcNow();
}
