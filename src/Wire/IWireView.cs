namespace Dmvpn.Wire;

/// <summary>
/// A decoder over borrowed bytes. <c>TryParse</c> makes all length checks, so that no member can fail afterwards; it never
/// throws, whatever the bytes. What a view does not do is judge the content: a bad packet can still be shown.
/// </summary>
/// <typeparam name="TSelf">The view itself.</typeparam>
public interface IWireView<TSelf>
    where TSelf : IWireView<TSelf>, allows ref struct
{
    /// <summary>Checks the bytes and borrows them for the life of the view. On false, <paramref name="why"/> names the reason.</summary>
    static abstract bool TryParse(ReadOnlySpan<byte> bytes, out TSelf view, out Malformed why);
}
