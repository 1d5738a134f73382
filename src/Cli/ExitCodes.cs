namespace Dmvpn.Cli;

/// <summary>Exit codes of <c>dmvpn</c>; <c>dmvpn --help</c> and docs/operation.md tell them.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>The command was understood and failed: refused configuration, no such peer, capture that does not re-encode.</summary>
    public const int Failed = 1;

    /// <summary>No daemon answers at the socket.</summary>
    public const int NoDaemon = 2;

    /// <summary>The command line was not understood.</summary>
    public const int Usage = 64;
}
