using Dmvpn.Simulation.Tests.Network;

namespace Dmvpn.Simulation.Tests;

/// <summary>
/// One run:
/// <code>
/// boot, register | talk, faults | faults end, wait | count | talk ends, wait | nothing is left
///      30 s          FaultTime     registration       60 s   hold time
///                                  + hold time               + refresh
///                                  + refresh
/// </code>
/// </summary>
internal sealed class Scenario(Plan plan)
{
    /// <summary>A registration that was lost is repeated after this long at the latest (the engine's own cap).</summary>
    private static readonly TimeSpan RetryCap = TimeSpan.FromSeconds(8);

    public SimNetwork Network { get; } = new(plan);

    public void Play()
    {
        var verdict = new Verdict(Network);
        Network.Start();
        Network.Run(TimeSpan.FromSeconds(30));
        verdict.AllRegistered();
        int baseline = Network.Conversations.Count;
        Assert.Equal(0, baseline);
        Network.StartTalking();
        Network.StartFaults();
        Network.Run(plan.FaultTime);
        Network.Faulty = false;
        // A hub that lost its memory gets it back with the next registrations; what is then still wrong at a spoke ends with its holding time.
        Network.Run(plan.RegistrationTime + RetryCap);
        verdict.AllRegistered();
        // It may have been renewed a quarter of that time before its end, for traffic that a fault had led astray.
        Network.Run(plan.HoldTime * 1.25);
        Network.Counting = true;
        Network.Run(TimeSpan.FromSeconds(60));
        Network.Counting = false;
        Network.Run(TimeSpan.FromSeconds(2));
        verdict.AllTalkDirectly();
        verdict.OnlyWhatIsUsed();
        Network.Talking = false;
        // The last refresh comes a quarter of the holding time before an end, for traffic up to half a holding time ago.
        Network.Run(plan.HoldTime * 2);
        verdict.NothingIsLeft();
    }
}
