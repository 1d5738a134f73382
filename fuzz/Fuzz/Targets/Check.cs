using Dmvpn.Wire;

namespace Dmvpn.Fuzz.Targets;

internal static class Check
{
    public static void That(bool condition, string finding)
    {
        if (!condition) throw new FindingException(finding);
    }

    /// <summary>A decoder says yes without a reason, or no with one.</summary>
    public static bool Answer(bool decoded, Malformed why)
    {
        That(decoded == (why == Malformed.None), $"decoded: {decoded}, reason: {why}");
        return decoded;
    }
}
