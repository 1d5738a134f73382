namespace Dmvpn.Dataplane;

/// <summary>What a route back to the source of a packet must be (RFC 3704).</summary>
public enum ReversePathMode
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary><c>reachable-via any</c>: there is one.</summary>
    Any,

    /// <summary><c>reachable-via rx</c>: it leads into the tunnel by which the packet came, and not to another peer.</summary>
    Rx,
}

/// <summary><c>ip verify unicast source reachable-via</c>.</summary>
/// <param name="Mode">What is wanted.</param>
/// <param name="AllowDefault"><c>allow-default</c>: a default route counts.</param>
public readonly record struct ReversePath(ReversePathMode Mode, bool AllowDefault);
