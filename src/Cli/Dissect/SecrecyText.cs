namespace Dmvpn.Cli.Dissect;

/// <summary>What became of ciphertext, in words.</summary>
internal static class SecrecyText
{
    /// <summary>Behind a comma; empty for what is in the clear.</summary>
    public static string Of(DissectedSecrecy secrecy) => secrecy switch
    {
        DissectedSecrecy.NoKey => ", no key",
        DissectedSecrecy.WrongKey => ", NOT DECRYPTED: its key does not fit, or it was altered",
        DissectedSecrecy.Decrypted => ", decrypted",
        DissectedSecrecy.Altered => ", decrypted, but its ICV is WRONG",
        DissectedSecrecy.DecryptedUnchecked => ", decrypted, ICV not checked",
        _ => "",
    };
}
