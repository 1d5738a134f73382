using Dmvpn.Daemon.Logging;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tests.Logging;

public sealed class LogLineTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 23, 57, 1, 123, TimeSpan.Zero);

    [Fact]
    public void ToString_Information_HasIosTag() =>
        Assert.Equal("Nov 22 23:57:01.123: %NHRP-6-NHS_UP: text", Line(LogLevel.Information).ToString());

    [Fact]
    public void ToString_FirstDayOfTheMonth_DayIsNotPadded() =>
        Assert.StartsWith("Nov 1 ", (Line(LogLevel.Information) with { Time = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero) }).ToString());

    [Fact]
    public void ToString_Debug_HasNoTag() => Assert.Equal("*Nov 22 23:57:01.123: Nhrp: text", Line(LogLevel.Debug).ToString());

    [Theory]
    [InlineData(LogLevel.Critical, 2)]
    [InlineData(LogLevel.Error, 3)]
    [InlineData(LogLevel.Warning, 4)]
    [InlineData(LogLevel.Information, 6)]
    [InlineData(LogLevel.Debug, 7)]
    [InlineData(LogLevel.Trace, 7)]
    public void Severity_EachLevel_IsIosNumber(LogLevel level, int severity) => Assert.Equal(severity, Line(level).Severity);

    [Theory]
    [InlineData("NhsUp", "NHS_UP")]
    [InlineData("Registered", "REGISTERED")]
    [InlineData("NHSUp", "NHSUP")]
    [InlineData("TunnelSource2", "TUNNEL_SOURCE2")]
    [InlineData("", "EVENT1001")]
    [InlineData(null, "EVENT1001")]
    public void Mnemonic_EventName_IsUpperCaseWithUnderscores(string? name, string mnemonic) =>
        Assert.Equal(mnemonic, (Line(LogLevel.Information) with { Event = new EventId(1001, name) }).Mnemonic);

    private static LogLine Line(LogLevel level) => new(Time, level, new EventId(1001, "NhsUp"), "Nhrp", "text");
}
