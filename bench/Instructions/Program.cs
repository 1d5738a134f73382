using System.Globalization;
using Dmvpn.Instructions;

// For `bench instructions`, which counts what this program executes: Dmvpn.Instructions WORK BYTES PACKETS
if (args is not [string work, string bytes, string packets]
    || !int.TryParse(bytes, CultureInfo.InvariantCulture, out int length) || !int.TryParse(packets, CultureInfo.InvariantCulture, out int count))
{
    Console.Error.WriteLine("usage: Dmvpn.Instructions seal|seal-open|split|split-merge BYTES PACKETS");
    return 2;
}
switch (work)
{
    case "seal":
        EspWork.Run(length, count, open: false);
        return 0;
    case "seal-open":
        EspWork.Run(length, count, open: true);
        return 0;
    case "split":
        SegmentWork.Run(length, count, merge: false);
        return 0;
    case "split-merge":
        SegmentWork.Run(length, count, merge: true);
        return 0;
    default:
        Console.Error.WriteLine($"Dmvpn.Instructions: no work '{work}'");
        return 2;
}
