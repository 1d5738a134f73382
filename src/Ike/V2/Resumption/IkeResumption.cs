using System.Buffers.Binary;
using System.Security.Cryptography;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Session resumption (RFC 5723): as responder tickets are given, and taken again after this router lost its state; as initiator they are kept with what they stand for.
/// </summary>
internal sealed class IkeResumption(IkeCore core)
{
    private readonly TicketSeal _seal = new(core.Secrets.Tickets, core.Random);

    /// <summary>An IKE_SESSION_RESUME that was let in. A ticket that is no good has the initiator begin from scratch.</summary>
    public void HandleRequest(in IkeArrival arrival, IkeView view, ReadOnlySpan<byte> nonce, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!core.Config.Resumption || !view.Payloads.TryFindNotify(IkeNotifyType.TicketOpaque, out IkeNotifyView notify)
            || !_seal.TryOpen(notify.Data, core.Clock.Now, out SessionTicket? ticket))
        {
            Refuse(arrival, view, now, outbox);
            return;
        }
        if (Recognize(ticket, arrival.Path) is null)
        {
            ticket.Dispose();
            Refuse(arrival, view, now, outbox);
            return;
        }
        var sa = new IkeSa(core, isInitiator: false, arrival.Path, now) { RemoteSpi = view.InitiatorSpi };
        var handshake = new ResponderHandshake(sa, now);
        sa.Handshake = handshake;
        handshake.Resume(arrival, view, ticket, nonce, TicketSeal.HeadOf(notify.Data), now, outbox);
    }

    /// <summary>The client has shown that it has the keys: the ticket with this head is used up.</summary>
    public void MarkUsed(byte[] ticket) => _seal.MarkUsed(ticket);

    /// <summary>A ticket for the client, or that there is none.</summary>
    /// <param name="certificate">What its certificate proved; null with a pre-shared key, and when that was proved before.</param>
    public void WriteTicket(ref IkePayloadWriter writer, IkeSa sa, PeerIdentity client, CertificateFacts? certificate, Instant now)
    {
        DateTimeOffset notAfter = certificate?.NotAfter ?? (sa.Authentication!.PeerNotAfter != default ? sa.Authentication.PeerNotAfter : DateTimeOffset.MaxValue);
        IkeProtection protection = sa.Peer!.Protection;
        byte[]? credential = CredentialOf(protection, protection.Facts.Local, sa.Profile!, client.Id, client.Method, sa.Path, out string entry);
        if (entry != client.KeyEntry) credential = null;
        if (!core.Config.Resumption || credential is null)
        {
            writer.Notify(IkeNotifyType.TicketNack);
            return;
        }
        // Not longer than until the client has to authenticate anew anyway (5).
        TimeSpan lifetime = IkeLimits.TicketLifetime;
        if (sa.Profile!.Reauthentication is { } reauthentication && reauthentication < lifetime) lifetime = reauthentication;
        using var ticket = new SessionTicket
        {
            Suite = sa.Keys!.Suite,
            SkD = new SecretBytes(sa.Keys.SkD.Span),
            Client = client.Id,
            Gateway = sa.Authentication!.LocalId,
            ClientMethod = client.Method,
            Rights = client.Rights,
            NotAfter = notAfter,
            Certificate = certificate?.Id ?? sa.Authentication.PeerCertificate,
            Credential = credential,
            Issued = core.Clock.Now,
            Lifetime = lifetime,
        };
        if (!_seal.TrySeal(ticket, out byte[] octets))
        {
            writer.Notify(IkeNotifyType.TicketNack);
            return;
        }
        byte[] data = new byte[4 + octets.Length];
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)lifetime.TotalSeconds);
        octets.CopyTo(data, 4);
        writer.Notify(IkeNotifyType.TicketLtOpaque, data);
    }

    /// <summary>A ticket that a peer gave us, with what it stands for.</summary>
    public void Keep(IkeSa sa, IkePeer peer, byte[] octets, TimeSpan lifetime, IkeIdentity gateway, AuthenticationFacts facts)
    {
        if (!core.Config.Resumption || sa.Keys is null) return;
        sa.Abilities |= PeerAbilities.Resumption;
        peer.Ticket?.Dispose();
        byte[]? credential = CredentialOf(peer.Protection, IpAddress.None, sa.Profile!, gateway, facts.RemoteMethod, sa.Path, out string entry);
        if (credential is null || entry != peer.KeyEntry)
        {
            peer.Ticket = null;
            return;
        }
        peer.Ticket = new HeldTicket(octets, new SessionTicket
        {
            Suite = sa.Keys.Suite,
            SkD = new SecretBytes(sa.Keys.SkD.Span),
            Client = facts.LocalId,
            Gateway = gateway,
            ClientMethod = facts.LocalMethod,
            NotAfter = facts.PeerNotAfter != default ? facts.PeerNotAfter : DateTimeOffset.MaxValue,
            Certificate = facts.PeerCertificate,
            GatewayMethod = facts.RemoteMethod,
            Credential = credential,
            Issued = core.Clock.Now,
            Lifetime = lifetime,
        });
    }

    private void Refuse(in IkeArrival arrival, IkeView view, Instant now, Outbox<IkeEffect> outbox)
    {
        core.Drops.Count(IkeDrop.TicketRefused);
        core.Admission.Answer(arrival, view, IkeNotifyType.TicketNack, default, now, outbox);
    }

    /// <summary>
    /// The source, the profile and the keyring entry that a ticket was sealed to, as they are at present (6.2): a profile fits the client, and what it was
    /// authenticated with is what it would be now. Null when nothing fits. Never another source at the same address: what a guest's key
    /// opened there does not open the members' tunnel.
    /// </summary>
    public (IkeProtection Protection, Ikev2Profile Profile, string KeyEntry)? Recognize(SessionTicket ticket, in IkePath path)
    {
        foreach (IkeProtection protection in core.Protections.At(path.Namespace, path.Local.Address))
        {
            if (!ProfileChoice.TryFind(core.Config, protection.Policy!.Ipsec.Ikev2Profile, path.Local.Address, ticket.Client, out Ikev2Profile? profile, out _)) continue;
            if (CredentialOf(protection, path.Local.Address, profile, ticket.Client, ticket.ClientMethod, path, out string entry) is not { } credential) continue;
            if (!CryptographicOperations.FixedTimeEquals(credential, ticket.Credential) || IkeCredentials.IsRevoked(core, profile, ticket.Certificate)) continue;
            return (protection, profile, entry);
        }
        return null;
    }

    /// <summary>
    /// May we still believe the gateway that gave this ticket? Not when its key or authority has changed here, or its certificate is revoked.
    /// </summary>
    public bool IsStillGood(SessionTicket ticket, IkeProtection protection, Ikev2Profile profile, in IkePath path) =>
        ticket.IsValid(core.Clock.Now)
        && CredentialOf(protection, IpAddress.None, profile, ticket.Gateway, ticket.GatewayMethod, path, out _) is { } credential
        && CryptographicOperations.FixedTimeEquals(credential, ticket.Credential) && !IkeCredentials.IsRevoked(core, profile, ticket.Certificate);

    /// <summary>
    /// Stands for all that the other end's authentication rests on: the protected source with its present address, however the configuration
    /// names that; both profiles; the method; the entry of the keyring and its key, or the anchors that a certificate is verified with.
    /// </summary>
    /// <param name="protection">The source.</param>
    /// <param name="local">Its address; none where it does not matter, which is where we call.</param>
    private byte[]? CredentialOf(IkeProtection protection, IpAddress local, Ikev2Profile profile, IkeIdentity other, IkeAuthMethod method, in IkePath path, out string keyEntry)
    {
        keyEntry = "";
        if (!IkeCredentials.Allows(profile, method)) return null;
        SecretBytes? key = null;
        if (method == IkeAuthMethod.SharedKey)
        {
            if (!IkeCredentials.TryRemoteKey(core, profile, other, path, out Ikev2Keyring? keyring, out Ikev2KeyringPeer? entry, out _)) return null;
            keyEntry = IkeCredentials.NameOf(profile, keyring!, entry!);
            key = entry!.RemoteKey!.Octets();
        }
        // Names have no line ends: what is joined is what it was made of.
        string scope = string.Join('\n', protection.Facts.Namespace, local, protection.Facts.Profile, profile.Name, (int)method, keyEntry);
        using (key) return _seal.CredentialOf(scope, key is null ? IkeCredentials.AnchorHashes(IkeCredentials.Verifiers(core, profile)) : key.Span);
    }
}

/// <summary>A ticket of a peer's, and what it stands for. Used once.</summary>
internal sealed class HeldTicket(byte[] octets, SessionTicket session) : IDisposable
{
    private SessionTicket? _session = session;

    public byte[] Octets { get; } = octets;

    /// <summary>What it stands for; null after it was taken.</summary>
    public SessionTicket? Session => _session;

    /// <summary>Somebody took the session.</summary>
    public bool IsUsed => _session is null;

    /// <summary>The session, whose owner the caller is then.</summary>
    public SessionTicket? Take()
    {
        SessionTicket? taken = _session;
        _session = null;
        return taken;
    }

    public void Dispose() => _session?.Dispose();
}
