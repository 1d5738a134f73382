namespace Dmvpn.Management.Config;

/// <summary>The rows of an interface that Linux owns: only what checks, routes and screens refer to.</summary>
internal static class LinuxInterfaceRows
{
    public static IEnumerable<ConfigRow> All()
    {
        yield return Row("description LINE", "What the interface is for", (i, l) => i with { Description = l.Text("description") }, (i, _) => i with { Description = null });
        yield return Row("ip address A.B.C.D mask=MASK [secondary]", "Address, as a remark: Linux sets it",
            (i, l) => Add(i, new(l.Address("address"), l.Number("mask"), l.Has("secondary"))), (i, l) => Remove(i, l));
        yield return Row("ipv6 address X:X::X/nn", "Address, as a remark: Linux sets it",
            (i, l) => Add(i, new(l.Address("address"), l.Arguments.Prefix("address")!.Value.Length)), (i, l) => Remove(i, l));
    }

    /// <summary>Prints the stanza, without its first line.</summary>
    public static IEnumerable<string> Write(LinuxInterfaceConfig config)
    {
        if (config.Description is not null) yield return $"description {config.Description}";
        foreach (InterfaceAddress a in config.Addresses)
            yield return a.Address.IsIPv4 ? $"ip address {a.Address} {ConfigText.Mask(a.Length)}{(a.Secondary ? " secondary" : "")}" : $"ipv6 address {a.Address}/{a.Length}";
    }

    private static ConfigRow Row(string pattern, string summary, Func<LinuxInterfaceConfig, ConfigLine, LinuxInterfaceConfig> set,
        Func<LinuxInterfaceConfig, ConfigLine, LinuxInterfaceConfig> no) => new(ConfigMode.LinuxInterface, pattern, summary)
        {
            Apply = (builder, line) => builder.ChangeLinuxInterface(i => set(i, line)),
            No = (builder, line) => builder.ChangeLinuxInterface(i => no(i, line)),
        };

    private static LinuxInterfaceConfig Add(LinuxInterfaceConfig config, InterfaceAddress address) =>
        config with { Addresses = config.Addresses.RemoveAll(a => a.Address == address.Address).Add(address) };

    private static LinuxInterfaceConfig Remove(LinuxInterfaceConfig config, ConfigLine line) =>
        config with { Addresses = line.HasValue("address") ? config.Addresses.RemoveAll(a => a.Address == line.Address("address")) : [] };
}
