namespace Dmvpn.Wire.Capture;

/// <summary>A frame of a capture file; its bytes are borrowed from the file's.</summary>
public readonly ref struct CapturedFrame
{
    internal CapturedFrame(int number, long time, LinkType link, int originalLength, ReadOnlySpan<byte> bytes)
    {
        Number = number;
        UnixNanoseconds = time;
        Link = link;
        OriginalLength = originalLength;
        Bytes = bytes;
    }

    /// <summary>1 for the first frame of the file.</summary>
    public int Number { get; }

    /// <summary>When it was captured, in nanoseconds since 1970; 0 when the file does not say.</summary>
    public long UnixNanoseconds { get; }

    /// <summary>What it begins with; not necessarily one of the enum's values.</summary>
    public LinkType Link { get; }

    /// <summary>Its length on the link; more than <see cref="Bytes"/> when the capture cut it off.</summary>
    public int OriginalLength { get; }

    /// <summary>What was captured of it.</summary>
    public ReadOnlySpan<byte> Bytes { get; }
}
