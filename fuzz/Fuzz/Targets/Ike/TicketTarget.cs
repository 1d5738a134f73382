using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ike;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Fuzz.Targets.Ike;

/// <summary>Session tickets: what is within the seal, and what a client presents.</summary>
internal sealed class TicketTarget : IFuzzTarget
{
    private static readonly DateTimeOffset Issued = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private static readonly TicketSeal Seal = MakeSeal();

    public static string Name => "ticket";

    public static IEnumerable<byte[]> Seeds
    {
        get
        {
            foreach (SiteRights rights in (SiteRights[])[SiteRights.None, new SiteRights([IpPrefix.Parse("10.255.0.7/32"), IpPrefix.Parse("2001:db8::/64")], SiteRole.Hub, [IpPrefix.Parse("10.1.0.0/16")])])
            {
                using SessionTicket ticket = Ticket(rights);
                byte[] room = new byte[2048];
                TicketContent.TryWrite(ticket, room, out int length);
                yield return room[..length];
            }
        }
    }

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        // Nobody but we can make one that opens.
        Check.That(!Seal.TryOpen(input, Issued, out _), "a ticket of nobody's opens");
        if (TicketContent.TryRead(input, out SessionTicket? read))
        {
            using (read)
            {
                Span<byte> again = stackalloc byte[4096];
                Check.That(TicketContent.TryWrite(read, again, out int length), "what was read cannot be written");
                Check.That(TicketContent.TryRead(again[..length], out SessionTicket? second), "what was written cannot be read");
                using (second)
                {
                    Check.That(second!.Client.Equals(read.Client) && second.Gateway.Equals(read.Gateway) && second.Rights == read.Rights && second.NotAfter == read.NotAfter, "reads as another ticket");
                    Check.That(second.SkD.FixedTimeEquals(read.SkD.Span) && second.Credential.AsSpan().SequenceEqual(read.Credential), "reads as another secret");
                }
                _ = read.IsValid(Issued);
                if (!Seal.TrySeal(read, out byte[] octets)) return;
                Check.That(octets.Length <= TicketSeal.MaximumLength, "a ticket is too long");
                bool opens = Seal.TryOpen(octets, Issued, out SessionTicket? opened);
                Check.That(opens == read.IsValid(Issued), "a sealed ticket does not open, or one that has expired does");
                opened?.Dispose();
                octets[input[0] % octets.Length] ^= 0x10;
                Check.That(!Seal.TryOpen(octets, Issued, out _), "a changed ticket opens");
            }
        }
    }

    private static TicketSeal MakeSeal()
    {
        var secret = new SecretBytes(32);
        new SeededRandom(5).Fill(secret.Span);
        return new TicketSeal(secret, new SeededRandom(6));
    }

    private static SessionTicket Ticket(SiteRights rights) => new()
    {
        Suite = new IkeSuite(EncryptionId.AesGcm16, 128, IntegrityId.None, PrfId.HmacSha256, DhGroup.Curve25519),
        SkD = new SecretBytes(new byte[32]),
        Client = IkeIdentity.Fqdn("s.example.org"),
        Gateway = IkeIdentity.Fqdn("h.example.org"),
        ClientMethod = IkeAuthMethod.SharedKey,
        Rights = rights,
        Certificate = new CertificateId(77),
        Credential = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
        Issued = Issued,
        Lifetime = TimeSpan.FromHours(12),
    };
}
