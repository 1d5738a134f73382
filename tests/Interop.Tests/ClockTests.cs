using System.Buffers.Binary;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;
using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// A router's clock is wrong, or jumps, or stands while a laptop sleeps. A preloaded library shifts the
/// clocks of one process; those of the machine stay.
/// </summary>
[Trait("When", "Nightly")]
public sealed class ClockTests : FieldTest
{
    private const string Shim = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/time.h>
        #include <time.h>
        static volatile long long *shift;   /* seconds of the time of day, nanoseconds of the monotonic clock */
        int clock_gettime(clockid_t id, struct timespec *t)
        {
            static int (*real)(clockid_t, struct timespec *);
            if (!real) {
                shift = mmap(0, 16, PROT_READ, MAP_SHARED, open(getenv("CLOCK_SHIFT"), O_RDONLY), 0);
                real = dlsym(RTLD_NEXT, "clock_gettime");
            }
            int result = real(id, t);
            if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) t->tv_sec += shift[0];
            if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE) {
                long long n = t->tv_sec * 1000000000LL + t->tv_nsec + shift[1];
                t->tv_sec = n / 1000000000;
                t->tv_nsec = n % 1000000000;
            }
            return result;
        }
        int gettimeofday(struct timeval *t, void *zone)
        {
            struct timespec s;
            clock_gettime(CLOCK_REALTIME, &s);
            t->tv_sec = s.tv_sec;
            t->tv_usec = s.tv_nsec / 1000;
            return 0;
        }
        time_t time(time_t *out)
        {
            struct timespec s;
            clock_gettime(CLOCK_REALTIME, &s);
            if (out) *out = s.tv_sec;
            return s.tv_sec;
        }
        """;

    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    [Fact]
    public async Task SpokeBootsIn1970_TheLogNamesTheReason_ItIsUpSecondsAfterTheClockIsSet()
    {
        await BuildAsync();
        await ShiftAsync(1, DateTimeOffset.UnixEpoch - DateTimeOffset.UtcNow);
        await StartSpokeAsync(1, new SiteAddresses(1));
        await SaysAsync(Routers[^1], "not yet valid");
        await ShiftAsync(1, TimeSpan.Zero);
        await EventuallyAsync("it is up", Later, () => Routers[^1].IsUpAsync(Hub.Tunnel));
    }

    [Fact]
    public async Task HubsClockJumps_WhatIsUpNoticesNothing_WhoComesIsLetInWhenItIsRight()
    {
        await BuildAsync();
        Task<PingResult> talk = Sites[2].Node.PingAsync(Hub.Tunnel, "-c 400 -i 0.2 -W 1");
        foreach (TimeSpan jump in (TimeSpan[])[Year, -TimeSpan.FromDays(1), -10 * Year])
        {
            await ShiftAsync(0, jump);
            await Task.Delay(TimeSpan.FromSeconds(12), TestContext.Current.CancellationToken);
            await ShiftAsync(0, TimeSpan.Zero);
            await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        }
        Assert.Equal(0, (await talk).Lost);
        await StartSpokeAsync(1, new SiteAddresses(1));
        await EventuallyAsync("a spoke that comes is let in", Soon, () => Routers[^1].IsUpAsync(Hub.Tunnel));
    }

    [Fact]
    public async Task SpokeSleepsForThreeMinutes_ItIsBackSecondsAfterwards()
    {
        await BuildAsync();
        TimeSpan sleep = TimeSpan.FromMinutes(3);
        await Sites[2].Node.RunAsync("sh", "-c", $"kill -STOP {Routers[1].Pid}");
        await Task.Delay(sleep, TestContext.Current.CancellationToken);
        await ShiftAsync(2, TimeSpan.Zero, -sleep);
        await Sites[2].Node.RunAsync("sh", "-c", $"kill -CONT {Routers[1].Pid}");
        await EventuallyAsync("the hub answers", TimeSpan.FromSeconds(15), () =>
            AnswersAsync(Sites[2].Node, Hub.Tunnel));
    }

    /// <summary>The hub, and spoke 2, which is up. Spoke 1 is started by <see cref="StartSpokeAsync"/>.</summary>
    private async Task BuildAsync()
    {
        if (LabPki.Obstacle is { } obstacle)
            Assert.Skip(obstacle);
        Assert.SkipUnless(File.Exists(DmvpnDaemon.Binary), $"no {DmvpnDaemon.Binary}: ./dmvpn test builds it");
        string[] names = ["hub", "spoke1", "spoke2"];
        Sites = [.. await Task.WhenAll(names.Select((name, i) => Internet.AddSiteAsync(name, i)))];
        await File.WriteAllTextAsync(At("shim.c"), Shim, TestContext.Current.CancellationToken);
        await Host.RunAsync("gcc", "-shared", "-fPIC", "-O1", "-o", At("shim.so"), At("shim.c"), "-ldl");
        _pki = await LabPki.CreateAsync(Run, "ecdsa 256");
        for (int i = 0; i < Sites.Length; i++)
        {
            await ShiftAsync(i, TimeSpan.Zero);
            await _pki.IssueAsync(Sites[i].Name);
            string program = At($"{names[i]}.sh");
            string text = $"""
                #!/bin/sh
                export LD_PRELOAD={At("shim.so")} CLOCK_SHIFT={At($"{names[i]}.shift")}
                exec {DmvpnDaemon.Binary} "$@"

                """;
            await File.WriteAllTextAsync(program, text, TestContext.Current.CancellationToken);
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
        Routers = [await StartAsync(0, new RouterText(Hub))];
        await StartSpokeAsync(2, Two);
        await EventuallyAsync("spoke 2 is up", Soon, () => Routers[1].IsUpAsync(Hub.Tunnel));
    }

    private LabPki _pki = null!;

    private string At(string file) => Path.Combine(Run.Directory, file);

    private async Task StartSpokeAsync(int number, SiteAddresses addresses) =>
        Routers = [.. Routers, await StartAsync(number, new RouterText(addresses) { Hub = Hub })];

    private Task<DmvpnDaemon> StartAsync(int site, RouterText text)
    {
        ProtectionText protection = Checked with { Certificate = Sites[site].Name, Pki = _pki };
        string configuration = (text with { HoldTime = 300, Protection = protection }).ToString();
        return DmvpnDaemon.StartAsync(Run, Sites[site].Node, configuration, null, At($"{Sites[site].Name}.sh"));
    }

    private async Task ShiftAsync(int site, TimeSpan timeOfDay, TimeSpan monotonic = default)
    {
        byte[] shift = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(shift, (long)timeOfDay.TotalSeconds);
        BinaryPrimitives.WriteInt64LittleEndian(shift.AsSpan(8), (long)monotonic.TotalNanoseconds);
        // In place: the process has the file in its memory.
        string path = At($"{Sites[site].Name}.shift");
        await using FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        await file.WriteAsync(shift, TestContext.Current.CancellationToken);
    }
}
