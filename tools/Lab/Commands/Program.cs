namespace Dmvpn.Lab.Commands;

internal static class Program
{
    private static int Main() => 0;
}
