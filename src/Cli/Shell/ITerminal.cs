namespace Dmvpn.Cli.Shell;

/// <summary>A terminal with keys; the real one is the console, tests play one.</summary>
internal interface ITerminal
{
    /// <summary>Waits for a key, which is not echoed. Null when there is no more input.</summary>
    ConsoleKeyInfo? ReadKey();

    /// <summary>Columns.</summary>
    int Width { get; }

    /// <summary>Where everything is written.</summary>
    TextWriter Output { get; }

    /// <summary>Runs something during which Ctrl-C cancels the token instead of being a key.</summary>
    Task<int> InterruptibleAsync(Func<CancellationToken, Task<int>> work);
}

/// <summary>The console.</summary>
internal sealed class ConsoleTerminal : ITerminal
{
    public int Width => Console.WindowWidth is > 0 and var width ? width : 80;

    public TextWriter Output => Console.Out;

    public ConsoleKeyInfo? ReadKey()
    {
        Console.TreatControlCAsInput = true;
        return Console.ReadKey(intercept: true);
    }

    public async Task<int> InterruptibleAsync(Func<CancellationToken, Task<int>> work)
    {
        using var cancel = new CancellationTokenSource();
        ConsoleCancelEventHandler onCancel = (_, args) =>
        {
            args.Cancel = true;
            cancel.Cancel();
        };
        Console.TreatControlCAsInput = false;
        Console.CancelKeyPress += onCancel;
        try
        {
            return await work(cancel.Token);
        }
        finally
        {
            Console.CancelKeyPress -= onCancel;
        }
    }
}
