using System.Runtime.InteropServices;

namespace Dmvpn.Runtime;

/// <summary>
/// SIGHUP, SIGTERM and SIGINT as two requests. The default action (to end the process) is taken away for as long as this lives.
/// </summary>
public sealed class SignalHandling : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Starts to listen.</summary>
    /// <param name="deliver">Called on a pool thread: post to a mailbox there, and nothing else.</param>
    public SignalHandling(Action<SignalRequest> deliver)
    {
        _registrations =
        [
            Register(PosixSignal.SIGHUP, SignalRequest.Reload, deliver),
            Register(PosixSignal.SIGTERM, SignalRequest.Stop, deliver),
            Register(PosixSignal.SIGINT, SignalRequest.Stop, deliver),
        ];
    }

    /// <summary>Gives the signals their default action back.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
    }

    private static PosixSignalRegistration Register(PosixSignal signal, SignalRequest request, Action<SignalRequest> deliver) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            deliver(request);
        });
}

/// <summary>What a signal asks for.</summary>
public enum SignalRequest
{
    /// <summary>SIGHUP: read the configuration again.</summary>
    Reload,

    /// <summary>SIGTERM or SIGINT: end in good order.</summary>
    Stop,
}
