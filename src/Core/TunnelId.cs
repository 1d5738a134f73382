namespace Dmvpn.Core;

/// <summary>A tunnel interface by its number: <c>interface Tunnel7</c> is 7. Range 0-2147483647, as on IOS.</summary>
public readonly record struct TunnelId(int Number) : IComparable<TunnelId>
{
    /// <inheritdoc/>
    public int CompareTo(TunnelId other) => Number.CompareTo(other.Number);

    /// <summary>"Tunnel7".</summary>
    public override string ToString() => $"Tunnel{Number}";
}
