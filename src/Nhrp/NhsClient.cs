using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>State of one registration: one sealed type per state, holding only that state's data.</summary>
internal abstract class RegistrationState
{
    /// <summary>Not to be used: better servers suffice, or the interface is down.</summary>
    public sealed class Idle : RegistrationState;

    /// <summary>No NBMA address yet.</summary>
    public sealed class Unresolved : RegistrationState;

    /// <summary><c>registration delay</c> runs.</summary>
    public sealed class Delayed : RegistrationState;

    /// <summary>Requests are out, one for each own address.</summary>
    public sealed class Registering(uint[] ids) : RegistrationState
    {
        /// <summary>Ids by own address; 0 once acknowledged.</summary>
        public uint[] Open { get; } = ids;

        public int Tries { get; set; }

        public TimeSpan Interval { get; set; } = NhrpLimits.FirstRetransmission;
    }

    /// <summary>All acknowledged; the timer renews.</summary>
    public sealed class Registered : RegistrationState;
}

/// <summary>
/// The client's side of registration with one NHS (RFC 2332 5.2.3): the same id after 1, 2, 4 … 64 s until it is answered, a new one
/// every third of the holding time. IOS sends a second registration a second after the first; nothing depends on it, so this does not.
/// </summary>
internal sealed class NhsClient(NhrpInterface owner, NhsConfig config) : NhrpTimed
{
    private IpAddress[] _candidates = [];
    private int _candidate;
    private Instant _nameExpires = Instant.Never;

    public NhsConfig Config { get; } = config;

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

    /// <summary>True when the reply was for this server.</summary>
    public bool HandleReply(in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (State is not RegistrationState.Registering registering || view.RequestId == 0) return view.RequestId != 0 && view.RequestId == AcknowledgedId;
        int index = Array.IndexOf(registering.Open, view.RequestId);
        if (index < 0) return view.RequestId == AcknowledgedId;
        RepliesReceived++;
        LastReply = now;
        NhrpCieCode code = NhrpCieCode.Success;
        foreach (NhrpCieView cie in view.Cies)
        {
            if (code == NhrpCieCode.Success) code = cie.ToCie().Code;
        }
        RefusedWith = code;
        if (code != NhrpCieCode.Success)
        {
            Refused(registering, index, code, now, outbox);
            return true;
        }
        registering.Open[index] = 0;
        AcknowledgedId = view.RequestId;
        ReadExtensions(view, now, outbox);
        if (Array.TrueForAll(registering.Open, static id => id == 0)) Accepted(arrival, now, outbox);
        return true;
    }

    /// <summary>The server (or somebody before it) could not use a request: the next one has a new id, as FRR's.</summary>
    public bool HandleError(uint requestId)
    {
        if (State is not RegistrationState.Registering registering || Array.IndexOf(registering.Open, requestId) is var index && index < 0) return false;
        RequestsFailed++;
        registering.Open[index] = owner.Core.NextRequestId();
        return true;
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

    private void Accepted(in NhrpArrival arrival, Instant now, Outbox<NhrpEffect> outbox)
    {
        State = new RegistrationState.Registered();
        TimeSpan interval = owner.Config.RegistrationTimeout ?? owner.Config.HoldTime / 3;
        owner.Core.Timers.Set(this, now + owner.Core.Random.Jitter(interval, 0.1));
        // Over an association the packets of this server are told from others at its address by the association.
        if (arrival.From.Address == Peer.Address) Peer = arrival.From;
        bool wasUp = IsUp;
        owner.Statics.Sync(now, outbox);
        SetStatus(NhsStatus.Up, now, outbox);
        if (!wasUp) owner.Nhss.Reselect(now, outbox);
    }

    private void Refused(RegistrationState.Registering registering, int index, NhrpCieCode code, Instant now, Outbox<NhrpEffect> outbox)
    {
        RequestsFailed++;
        owner.Core.Logger.NhsRefused(owner.Key, Address, Peer, code);
        // The request is answered, so the next one is a new one; its time stays that of the retransmission.
        registering.Open[index] = owner.Core.NextRequestId();
        Fail(now, outbox);
    }

    private void ReadExtensions(NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (Config.Protocol.IsUnspecified
            && view.TryGetExtension(NhrpExtensionType.ResponderAddress, out NhrpExtensionView responder)
            && responder.TryGetCies(out NhrpCieList responders) && responders.MoveNext()
            && responders.Current.ToCie().Protocol.Ip is var address && !address.IsUnspecified && address.IsIPv4 != owner.Key.IPv6 && !owner.IsOwn(address)
            && address != Address)
        {
            // Another server behind the same NBMA address took over.
            if (IsUp) SetStatus(NhsStatus.Probing, now, outbox);
            Address = address;
        }
        NatAddress = IpAddress.None;
        if (!view.TryGetExtension(NhrpExtensionType.NatAddress, out NhrpExtensionView nat) || !nat.TryGetCies(out NhrpCieList entries)) return;
        foreach (NhrpCieView entry in entries)
        {
            NhrpCie cie = entry.ToCie();
            if (owner.IsOwn(cie.Protocol.Ip) && cie.Nbma.Ip != owner.Facts.NbmaSource) NatAddress = cie.Nbma.Ip;
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
            Fail(now, outbox);
            if (Config.NbmaName is not null) AskForName(now, outbox);
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
        owner.Nhss.Reselect(now, outbox);
    }

    private void SetStatus(NhsStatus status, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (status == Status) return;
        bool wasUp = IsUp;
        Status = status;
        Since = now;
        if (wasUp == IsUp) return;
        outbox.Add(new NhrpEffect { Kind = IsUp ? NhrpEffectKind.NhsUp : NhrpEffectKind.NhsDown, Key = owner.Key, Address = Address, Peer = Peer });
        if (IsUp) owner.Core.Logger.NhsUp(owner.Key, Address, Peer);
        else owner.Core.Logger.NhsDown(owner.Key, Address, Peer);
    }

    private void SendOpen(RegistrationState.Registering registering, Instant now, Outbox<NhrpEffect> outbox)
    {
        for (int i = 0; i < registering.Open.Length && i < owner.Facts.Addresses.Count; i++)
        {
            if (registering.Open[i] != 0) Send(owner.Facts.Addresses[i].Address, registering.Open[i], now, outbox);
        }
    }

    private void Send(IpAddress own, uint requestId, Instant now, Outbox<NhrpEffect> outbox)
    {
        owner.TakeSend(now, mayHold: false);
        RequestsSent++;
        RequestId = requestId;
        // Without the server's address the own one stands for it (RFC 2332 5.2.3), and the NAT extension has the wildcard.
        IpAddress destination = Address.IsUnspecified ? own : Address;
        IpAddress server = Address.IsUnspecified ? (owner.Key.IPv6 ? IpAddress.None : IpAddress.AnyIPv4) : Address;
        NhrpFlags flags = NhrpFlags.Nat | (owner.Config.RegistrationUnique ? NhrpFlags.RegistrationUnique : NhrpFlags.None);
        var writer = new NhrpWriter(NhrpSender.Room(outbox), NhrpSender.Head(owner, NhrpPacketType.RegistrationRequest, flags, requestId, own, destination));
        // RFC 2332 wants prefix 255 with the unique bit; today's IOS sends the full width, and old hubs take both.
        writer.Cie(new NhrpCie { PrefixLength = (byte)owner.Width, Mtu = owner.Mtu, HoldTime = owner.HoldSeconds, Preference = owner.WirePreference });
        NhrpSender.WriteExtensions(ref writer, owner, responder: true, new NhrpCie
        {
            PrefixLength = (byte)owner.Width,
            Mtu = owner.Mtu,
            Nbma = Peer.Address,
            Protocol = NhrpAddress.Explicit(server),
        });
        owner.Core.Sender.Transmit(owner, Peer, NhrpPacketType.RegistrationRequest, ref writer, outbox);
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
