using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>
/// The client's side of registration with one NHS (RFC 2332 5.2.3): the same id after 1, 2, 4, 8, 8 … s until it is answered, a new one
/// every third of the holding time. IOS sends a second registration a second after the first; nothing depends on it, so this does not.
/// </summary>
internal sealed partial class NhsClient(NhrpInterface owner, NhsConfig config) : Timed<NhrpEffect>
{
    private IpAddress[] _candidates = [];
    private int _candidate;
    private Instant _nameExpires = Instant.Never;

    public NhsConfig Config { get; private set; } = config;

    public RegistrationState State { get; private set; } = new RegistrationState.Idle();

    /// <summary>Its protocol address; of <c>nhs dynamic</c> the one in the last reply.</summary>
    public IpAddress Address { get; private set; } = config.Protocol;

    /// <summary>Where it is, as far as known.</summary>
    public NbmaPeer Peer { get; private set; }

    public NhsStatus Status { get; private set; } = NhsStatus.Waiting;

    public Instant Since { get; private set; }

    /// <summary>True once it was down since the interface came up: then <c>nhs fallback</c> applies to it.</summary>
    public bool HasFailed { get; private set; }

    public IpAddress NatAddress { get; private set; }

    public NhrpCieCode RefusedWith { get; private set; }

    public long RequestsSent { get; private set; }

    public long RequestsFailed { get; private set; }

    public long RepliesReceived { get; private set; }

    public Instant LastReply { get; private set; } = Instant.Never;

    public uint RequestId { get; private set; }

    public uint AcknowledgedId { get; private set; }

    public bool IsSelected => State is not RegistrationState.Idle;

    public bool IsUp => Status == NhsStatus.Up;

    /// <summary>
    /// True when <paramref name="next"/> means the same server at the same place: what differs (multicast, priority, cluster) is taken
    /// over by <see cref="Reconfigure"/>, and the registration lives on.
    /// </summary>
    public bool Is(NhsConfig next) =>
        next.Protocol == Config.Protocol && next.Nbma == Config.Nbma && string.Equals(next.NbmaName, Config.NbmaName, StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes over a configuration for which <see cref="Is"/> is true.</summary>
    public void Reconfigure(NhsConfig next) => Config = next;

    /// <summary>Another server had the same name: its addresses are known without a look-up.</summary>
    public void TakeAddresses(NhsClient before)
    {
        if (Config.NbmaName is not { } name || !string.Equals(name, before.Config.NbmaName, StringComparison.OrdinalIgnoreCase)) return;
        (_candidates, _candidate, _nameExpires) = (before._candidates, before._candidate, before._nameExpires);
    }

    /// <summary>Starts using the server.</summary>
    public void Select(Instant now, Outbox<NhrpEffect> outbox)
    {
        if (IsSelected) return;
        State = new RegistrationState.Unresolved();
        SetStatus(NhsStatus.Unresolved, now, outbox);
        if (Config.NbmaName is null) Resolve(FindNbma(), now, outbox);
        else if (_candidates.Length > 0 && now < _nameExpires) Resolve(_candidates[_candidate], now, outbox);
        else AskForName(now, outbox);
    }

    /// <summary>Stops using the server; what was registered there is purged when it can still be reached.</summary>
    public void Deselect(bool purge, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (!IsSelected) return;
        if (purge && AcknowledgedId != 0 && IsUp) PurgeRegistration(now, outbox);
        State = new RegistrationState.Idle();
        owner.Core.Timers.Set(this, Instant.Never);
        SetStatus(NhsStatus.Waiting, now, outbox);
        AcknowledgedId = 0;
        HasFailed = false;
        if (Config.Protocol.IsUnspecified) Address = IpAddress.None;
    }

    /// <summary>Registers at once: an address, the configuration or the association changed.</summary>
    public void Restart(Instant now, Outbox<NhrpEffect> outbox)
    {
        if (!IsSelected) return;
        if (Config.NbmaName is null && FindNbma() is var nbma && nbma != Peer.Address) Resolve(nbma, now, outbox);
        else if (!Peer.Address.IsUnspecified) Register(now, outbox);
    }

    public void OnNameResolved(ReadOnlySpan<IpAddress> addresses, TimeSpan timeToLive, Instant now, Outbox<NhrpEffect> outbox)
    {
        TimeSpan life = timeToLive < NhrpLimits.ShortestNameLife ? NhrpLimits.ShortestNameLife
            : timeToLive > NhrpLimits.LongestNameLife ? NhrpLimits.LongestNameLife : timeToLive;
        int usable = 0;
        var candidates = new IpAddress[addresses.Length];
        foreach (IpAddress address in addresses)
        {
            // Only the family of the source can be reached from it.
            if (address.IsIPv4 == owner.Facts.NbmaSource.IsIPv4 && !address.IsUnspecified) candidates[usable++] = address;
        }
        if (usable == 0)
        {
            if (State is not RegistrationState.Unresolved) return;
            owner.Core.Timers.Set(this, now + NhrpLimits.NameRetry);
            HasFailed = true;
            owner.Nhss.Reselect(now, outbox);
            return;
        }
        _candidates = candidates[..usable];
        _nameExpires = now + life;
        if (!IsSelected) return;
        int current = Array.IndexOf(_candidates, Peer.Address);
        // The address in use stays while it answers and is still one of them; else the next one is tried.
        if (current >= 0 && (IsUp || _candidates.Length == 1) && State is not RegistrationState.Unresolved) return;
        _candidate = current < 0 ? 0 : (current + 1) % _candidates.Length;
        Resolve(_candidates[_candidate], now, outbox);
    }

    /// <summary>
    /// There is an association with the server's address: a server that did not answer is asked at once, and not when the time of the next
    /// retransmission comes.
    /// </summary>
    public void OnPeerUp(NbmaPeer peer, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (State is RegistrationState.Registering { Tries: > 0 } && Peer.Address == peer.Address && !IsUp) Register(now, outbox);
    }

    /// <summary>The association is gone: the server is asked anew, which brings up another.</summary>
    public void OnPeerLost(Instant now, Outbox<NhrpEffect> outbox)
    {
        Peer = new NbmaPeer(Peer.Address);
        Fail(now, outbox);
        Register(now, outbox);
    }

    public override void OnDeadline(Instant now, Outbox<NhrpEffect> outbox)
    {
        switch (State)
        {
            case RegistrationState.Unresolved:
                if (Config.NbmaName is null) Resolve(FindNbma(), now, outbox);
                else AskForName(now, outbox);
                break;
            case RegistrationState.Delayed:
                Register(now, outbox);
                break;
            case RegistrationState.Registered:
                if (Config.NbmaName is not null && now >= _nameExpires) AskForName(now, outbox);
                Register(now, outbox);
                break;
            case RegistrationState.Registering registering:
                Retransmit(registering, now, outbox);
                break;
            default:
                break;
        }
    }

    /// <summary>Own addresses that go are taken back while they are still there.</summary>
    public void PurgeAddressesNotIn(NhrpInterfaceFacts next, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (AcknowledgedId == 0 || !IsUp || Address.IsUnspecified) return;
        foreach (NhrpInterfaceAddress own in owner.Facts.Addresses.AsSpan())
        {
            bool stays = false;
            foreach (NhrpInterfaceAddress other in next.Addresses.AsSpan()) stays |= other.Address == own.Address;
            if (!stays) owner.Purges.SendOnce(IpPrefix.Host(own.Address), own.Address, Address, Peer, AcknowledgedId, now, outbox);
        }
    }

    private void Resolve(IpAddress nbma, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (nbma.IsUnspecified)
        {
            State = new RegistrationState.Unresolved();
            return;
        }
        Peer = new NbmaPeer(nbma);
        owner.Statics.Sync(now, outbox);
        if (Status == NhsStatus.Unresolved && owner.Config.RegistrationDelay > TimeSpan.Zero)
        {
            State = new RegistrationState.Delayed();
            owner.Core.Timers.Set(this, now + owner.Config.RegistrationDelay);
            SetStatus(NhsStatus.Probing, now, outbox);
            return;
        }
        Register(now, outbox);
    }

    private void AskForName(Instant now, Outbox<NhrpEffect> outbox)
    {
        if (State is RegistrationState.Unresolved) owner.Core.Timers.Set(this, now + NhrpLimits.NameRetry);
        outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.ResolveName, Key = owner.Key, Name = Config.NbmaName });
    }

    private void Register(Instant now, Outbox<NhrpEffect> outbox)
    {
        if (Peer.Address.IsUnspecified) return;
        uint[] ids = new uint[owner.Facts.Addresses.Count];
        for (int i = 0; i < ids.Length; i++) ids[i] = owner.Core.NextRequestId();
        var registering = new RegistrationState.Registering(ids);
        State = registering;
        if (Status is NhsStatus.Unresolved or NhsStatus.Waiting) SetStatus(NhsStatus.Probing, now, outbox);
        SendOpen(registering, now, outbox);
        owner.Core.Timers.Set(this, now + registering.Interval);
    }

    private void Retransmit(RegistrationState.Registering registering, Instant now, Outbox<NhrpEffect> outbox)
    {
        registering.Tries++;
        if (registering.Tries >= NhrpLimits.TriesUntilNhsDown)
        {
            if (registering.Tries == NhrpLimits.TriesUntilNhsDown) RequestsFailed++;
            if (Status == NhsStatus.Down && Config.NbmaName is not null) AskForName(now, outbox);
            Fail(now, outbox);
            if (State != registering) return;
        }
        SendOpen(registering, now, outbox);
        TimeSpan doubled = registering.Interval * 2;
        registering.Interval = doubled > NhrpLimits.LongestRetransmission ? NhrpLimits.LongestRetransmission : doubled;
        TimeSpan wait = registering.Interval < NhrpLimits.JitterFrom ? registering.Interval : owner.Core.Random.Jitter(registering.Interval, 0.25);
        owner.Core.Timers.Set(this, now + wait);
    }

    private void Fail(Instant now, Outbox<NhrpEffect> outbox)
    {
        if (Status == NhsStatus.Down) return;
        HasFailed = true;
        SetStatus(NhsStatus.Down, now, outbox);
        // It may have moved, and its name with it.
        if (Config.NbmaName is not null) AskForName(now, outbox);
        owner.Nhss.Reselect(now, outbox);
    }

    private void SetStatus(NhsStatus status, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (status == Status) return;
        bool wasUp = IsUp, wasLost = Status == NhsStatus.Down;
        Status = status;
        Since = now;
        if (wasLost != (status == NhsStatus.Down) && !Address.IsUnspecified)
        {
            NhrpEffectKind kind = wasLost ? NhrpEffectKind.NhsFound : NhrpEffectKind.NhsLost;
            outbox.Add(new NhrpEffect { Kind = kind, Key = owner.Key, Address = Address, Peer = Peer });
        }
        if (wasUp == IsUp) return;
        outbox.Add(new NhrpEffect { Kind = IsUp ? NhrpEffectKind.NhsUp : NhrpEffectKind.NhsDown, Key = owner.Key, Address = Address, Peer = Peer });
        if (IsUp) owner.Core.Logger.NhsUp(owner.Key, Address, Peer);
        else owner.Core.Logger.NhsDown(owner.Key, Address, Peer);
    }

    private void PurgeRegistration(Instant now, Outbox<NhrpEffect> outbox)
    {
        if (Address.IsUnspecified) return;
        foreach (NhrpInterfaceAddress own in owner.Facts.Addresses.AsSpan())
        {
            // IOS takes a purge of a registration only with the registration's id.
            owner.Purges.SendOnce(IpPrefix.Host(own.Address), own.Address, Address, Peer, AcknowledgedId, now, outbox);
        }
    }

    private IpAddress FindNbma()
    {
        if (!Config.Nbma.IsNone) return Config.Nbma;
        foreach (NhrpStaticMap map in owner.Config.Maps.AsSpan())
        {
            if (map.Protocol.Contains(Config.Protocol)) return map.Nbma;
        }
        return IpAddress.None;
    }
}
