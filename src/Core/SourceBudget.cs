namespace Dmvpn.Core;

/// <summary>
/// How many answers strangers at one address get (RFC 7296 2.21.4, 2.6): a token bucket for each, so that forged requests make this router no source of
/// a flood for somebody else. The table has a fixed size and no entry has to be found a place: addresses that fall together share a bucket, and a secret decides which do.
/// </summary>
public sealed class SourceBudget
{
    /// <summary>Buckets: 64 KB; with some hundred sources that are active at once few share one.</summary>
    private const int Buckets = 4096;

    private readonly float _burst;
    private readonly double _perSecond;
    private readonly ulong _secret;

    // Not before somebody takes: most routers never answer that many strangers.
    private Bucket[]? _buckets;

    /// <summary>Buckets that hold <paramref name="burst"/> answers and get <paramref name="perSecond"/> back.</summary>
    public SourceBudget(IRandom random, int burst, double perSecond)
    {
        (_burst, _perSecond) = (burst, perSecond);
        _secret = (ulong)random.NextUInt32() << 32 | random.NextUInt32();
    }

    /// <summary>True when <see cref="TryTake"/> would take one.</summary>
    public bool HasOne(IpAddress source, Instant now)
    {
        if (_buckets is null) return true;
        Bucket bucket = _buckets[IndexOf(source)];
        return !bucket.IsUsed || bucket.Tokens + now.Since(bucket.Last).TotalSeconds * _perSecond >= 1;
    }

    /// <summary>Takes one answer for an IPv4 address, or for the IPv6 /64 that an address is in, within which a single host may use any.</summary>
    public bool TryTake(IpAddress source, Instant now)
    {
        ref Bucket bucket = ref (_buckets ??= new Bucket[Buckets])[IndexOf(source)];
        float left = bucket.IsUsed ? (float)Math.Min(_burst, bucket.Tokens + now.Since(bucket.Last).TotalSeconds * _perSecond) : _burst;
        bool taken = left >= 1;
        bucket = new Bucket { IsUsed = true, Last = now, Tokens = taken ? left - 1 : left };
        return taken;
    }

    /// <summary>Gives one back that was taken and not used up.</summary>
    public void GiveBack(IpAddress source)
    {
        if (_buckets is null) return;
        ref Bucket bucket = ref _buckets[IndexOf(source)];
        if (bucket.IsUsed) bucket.Tokens = Math.Min(_burst, bucket.Tokens + 1);
    }

    private int IndexOf(IpAddress source)
    {
        ulong mixed = (source.IsIPv4 ? source.Low : source.High) ^ _secret;
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ mixed >> 27 ^ _secret) * 0x94D049BB133111EB;
        return (int)((mixed ^ mixed >> 31) & (Buckets - 1));
    }

    private struct Bucket
    {
        public bool IsUsed;
        public float Tokens;
        public Instant Last;
    }
}
