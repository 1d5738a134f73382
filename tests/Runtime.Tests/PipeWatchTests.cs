using System.IO.Pipes;

namespace Dmvpn.Runtime.Tests;

public sealed class PipeWatchTests
{
    [Fact]
    public void ReaderOfAPipe_Closes_WhoWritesIsTold()
    {
        using var writer = new AnonymousPipeServerStream(PipeDirection.Out);
        using var reader = new AnonymousPipeClientStream(PipeDirection.In, writer.ClientSafePipeHandle);
        using var gone = new CancellationTokenSource();
        PipeWatch.Start((int)writer.SafePipeHandle.DangerousGetHandle(), gone);
        Assert.False(gone.IsCancellationRequested);
        reader.Dispose();
        Assert.True(gone.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(30)));
    }
}
