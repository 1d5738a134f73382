namespace Dmvpn.Architecture.Tests;

/// <summary>Files stay small enough to be read in one go: 300 lines wanted, hard limits here.</summary>
public sealed class FileSizeTests(ITestOutputHelper output)
{
    private const int Wanted = 300;

    [Theory]
    [InlineData("src", 600)]
    [InlineData("tools", 600)]
    [InlineData("fuzz", 600)]
    [InlineData("bench", 600)]
    [InlineData("tests", 1000)]
    public void SourceFiles_OfAFolder_StayWithinTheirBudget(string folder, int budget)
    {
        var sizes = Repository.Sources(folder).Select(file => (File: file, Lines: File.ReadLines(Path.Combine(Repository.Root, file)).Count())).ToList();
        Assert.NotEmpty(sizes);
        foreach ((string file, int lines) in sizes.Where(s => s.Lines > Wanted).OrderByDescending(s => s.Lines)) output.WriteLine($"{lines,5} {file}");
        Assert.Empty(sizes.Where(s => s.Lines > budget).Select(s => $"{s.File}: {s.Lines} lines, {budget} allowed"));
    }
}
