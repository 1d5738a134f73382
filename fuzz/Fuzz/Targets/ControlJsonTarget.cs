using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dmvpn.Management.Api;

namespace Dmvpn.Fuzz.Targets;

/// <summary>Bodies and query strings of the control socket: a request, or a reason why it is none; what is read is written and read as the same.</summary>
internal sealed class ControlJsonTarget : IFuzzTarget
{
    public static string Name => "control";

    public static IEnumerable<byte[]> Seeds => Texts.Select(Encoding.UTF8.GetBytes);

    private static string[] Texts =>
    [
        """{"family":"ipv6","scope":"shortcut","address":"2001:db8::1","tunnel":"Tunnel2"}""",
        """{"nbma":"192.0.2.1","address":"10.0.0.1","tunnel":"Tunnel0","static":true}""",
        """{"scope":"session","peer":"192.0.2.7","local":"192.0.2.1","spi":3250766788}""",
        """{"interface":"Tunnel1"}""",
        """{"fileName":"a","text":"interface Tunnel0\n tunnel source eth0\n"}""",
        """{"force":true}""",
        "family=ipv4&tunnel=3&address=10.0.0.1&nbma=192.0.2.1&interface=eth0&filter=static&name=P&detail=true",
    ];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        ApiJson json = ApiJson.Default;
        Read(input, json.ClearNhrpRequest);
        Read(input, json.ClearDmvpnSessionRequest);
        Read(input, json.ClearCryptoRequest);
        Read(input, json.ClearCountersRequest);
        Read(input, json.CheckRequest);
        Read(input, json.ReloadRequest);
        Query(Encoding.UTF8.GetString(input));
    }

    private static void Read<T>(ReadOnlySpan<byte> input, JsonTypeInfo<T> type)
        where T : class
    {
        ApiRequest<T> request = ApiRequest<T>.Read(input, type);
        Check.That(request.Value is null == request.Error.Length > 0, "a request or an error");
        if (request.Value is not { } value) return;
        // What is written is printable (a name's line ends are not): from then on nothing changes.
        T? written = Again(value, type);
        Check.That(written is not null && written.Equals(Again(written, type)), $"{value} reads back as something else");
    }

    private static T? Again<T>(T value, JsonTypeInfo<T> type)
        where T : class => ApiRequest<T>.Read(JsonSerializer.SerializeToUtf8Bytes(value, type), type).Value;

    private static void Query(string text)
    {
        Dictionary<string, string> values = [];
        foreach (string pair in text.TrimStart('?').Split('&'))
            if (pair.Split('=', 2) is [var name, var value]) values.TryAdd(name, Uri.UnescapeDataString(value));
        bool isRead = ScreenQuery.TryRead(values.GetValueOrDefault, out ScreenQuery query, out string error);
        Check.That(isRead == (error.Length == 0), "a query or an error");
        if (!isRead) return;
        string written = query.ToQueryString();
        if (written.Length == 0) return;
        Dictionary<string, string> again = [];
        foreach (string pair in written.TrimStart('?').Split('&'))
            if (pair.Split('=', 2) is [var name, var value]) again.TryAdd(name, Uri.UnescapeDataString(value));
        Check.That(ScreenQuery.TryRead(again.GetValueOrDefault, out ScreenQuery same, out _) && same == query, $"{written} reads back as something else");
    }
}
