using System.Reflection;
using Dmvpn.Core;

namespace Dmvpn.Architecture.Tests;

/// <summary>
/// The enums that name drops index arrays of their own length (<see cref="DropCounters{TReason}"/>), and screens tell their values
/// apart by name.
/// </summary>
public sealed class DropNamesTests
{
    private static readonly string[] Projects = ["Core", "Wire", "Crypto", "Pki", "Ipsec", "Ike", "Nhrp", "Rib", "Odr", "Dataplane", "Runtime", "Management", "Daemon"];

    public static TheoryData<string> Enums => [.. Found().Select(type => type.AssemblyQualifiedName!).Distinct()];

    [Theory]
    [MemberData(nameof(Enums))]
    public void Enum_ThatIndexesAnArray_CountsFromZeroWithDistinctNames(string name)
    {
        Type type = Type.GetType(name, throwOnError: true)!;
        Assert.Equal(typeof(int), Enum.GetUnderlyingType(type));
        int[] values = [.. Enum.GetValuesAsUnderlyingType(type).Cast<int>().Order()];
        Assert.Equal(Enumerable.Range(0, values.Length), values);
        Assert.Equal(values.Length, Enum.GetNames(type).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public void Search_ForSuchEnums_FindsThoseOfWireAndOfEveryEngine()
    {
        var names = Found().Select(type => type.Name).ToHashSet();
        Assert.Superset(new HashSet<string> { "Malformed", "NhrpDrop", "RibDrop", "OdrDrop", "IkeDrop", "DataplaneDrop" }, names);
    }

    private static IEnumerable<Type> Found()
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        foreach (Type type in Projects.SelectMany(project => Assembly.Load($"Dmvpn.{project}").GetTypes()))
        {
            if (type.IsEnum && (type.Name == "Malformed" || type.Name.EndsWith("Drop", StringComparison.Ordinal))) yield return type;
            foreach (FieldInfo field in type.GetFields(All))
            {
                Type of = field.FieldType;
                if (!of.IsGenericType || of.ContainsGenericParameters) continue;
                Type definition = of.GetGenericTypeDefinition();
                if (definition == typeof(DropCounters<>)) yield return of.GetGenericArguments()[0];
            }
        }
    }
}
