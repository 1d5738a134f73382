namespace Dmvpn.Ike.Tests.Harness;

/// <summary>Tests that measure memory: others beside them would be measured too.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
