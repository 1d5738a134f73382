using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Pki;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>The content of a ticket in octets. It is read again only by the router that wrote it, whose seal also tells the version.</summary>
internal static class TicketContent
{
    /// <summary>Octets of <see cref="SessionTicket.Credential"/> at most.</summary>
    public const int MaximumCredential = 16;

    /// <summary>False when there is too much of it.</summary>
    public static bool TryWrite(SessionTicket ticket, Span<byte> to, out int length)
    {
        var writer = new WireWriter(to);
        writer.WriteUInt64((ulong)ticket.Issued.ToUnixTimeSeconds());
        writer.WriteUInt32((uint)ticket.Lifetime.TotalSeconds);
        writer.WriteUInt64((ulong)ticket.NotAfter.ToUnixTimeSeconds());
        writer.WriteUInt16((ushort)ticket.Suite.Encryption);
        writer.WriteUInt16((ushort)ticket.Suite.KeyBits);
        writer.WriteUInt16((ushort)ticket.Suite.Integrity);
        writer.WriteUInt16((ushort)ticket.Suite.Prf);
        writer.WriteUInt16((ushort)ticket.Suite.Group);
        writer.WriteByte((byte)ticket.ClientMethod);
        writer.WriteUInt64((ulong)(ticket.Certificate.Value >> 64));
        writer.WriteUInt64((ulong)ticket.Certificate.Value);
        WriteBytes(ref writer, ticket.SkD.Span);
        WriteBytes(ref writer, ticket.Credential);
        foreach (IkeIdentity identity in (ReadOnlySpan<IkeIdentity>)[ticket.Client, ticket.Gateway])
        {
            writer.WriteByte((byte)identity.Type);
            writer.WriteUInt16((ushort)Math.Min(identity.Data.Length, ushort.MaxValue));
            writer.WriteBytes(identity.Data);
        }
        bool fits = RightsContent.TryWrite(ref writer, ticket.Rights);
        length = writer.Position;
        return fits && ticket.Credential.Length <= MaximumCredential;
    }

    /// <summary>False for what <see cref="TryWrite"/> cannot have written.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SessionTicket? ticket)
    {
        ticket = null;
        var reader = new WireReader(bytes);
        ulong issued = reader.ReadUInt64();
        uint lifetime = reader.ReadUInt32();
        ulong notAfter = reader.ReadUInt64();
        var suite = new IkeSuite(
            (EncryptionId)reader.ReadUInt16(), reader.ReadUInt16(), (IntegrityId)reader.ReadUInt16(), (PrfId)reader.ReadUInt16(), (DhGroup)reader.ReadUInt16());
        var method = (IkeAuthMethod)reader.ReadByte();
        var certificate = new CertificateId(new UInt128(reader.ReadUInt64(), reader.ReadUInt64()));
        ReadOnlySpan<byte> skD = reader.ReadBytes(reader.ReadByte());
        ReadOnlySpan<byte> credential = reader.ReadBytes(reader.ReadByte());
        IkeIdentity client = ReadIdentity(ref reader), gateway = ReadIdentity(ref reader);
        if (!RightsContent.TryRead(ref reader, out SiteRights rights)) return false;
        if (credential.Length > MaximumCredential) return false;
        if (reader.Failed || reader.Left != 0 || !suite.IsSupported || skD.Length != Prf.Length(suite.Prf) || issued > MaximumTime || notAfter > MaximumTime) return false;
        ticket = new SessionTicket
        {
            Suite = suite,
            SkD = new SecretBytes(skD),
            Client = client,
            Gateway = gateway,
            ClientMethod = method,
            Rights = rights,
            Certificate = certificate,
            Credential = credential.ToArray(),
            Issued = DateTimeOffset.FromUnixTimeSeconds((long)issued),
            Lifetime = TimeSpan.FromSeconds(lifetime),
            NotAfter = notAfter == MaximumTime ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeSeconds((long)notAfter),
        };
        return true;
    }

    private static ulong MaximumTime => (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private static void WriteBytes(ref WireWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.WriteByte((byte)bytes.Length);
        writer.WriteBytes(bytes);
    }

    private static IkeIdentity ReadIdentity(ref WireReader reader)
    {
        var type = (IkeIdType)reader.ReadByte();
        return new IkeIdentity(type, reader.ReadBytes(reader.ReadUInt16()));
    }
}
