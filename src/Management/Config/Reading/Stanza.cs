using Dmvpn.Core;

namespace Dmvpn.Management.Config;

/// <summary>The block that lines are read into, or that was read last.</summary>
/// <param name="opener">The line that opened it.</param>
/// <param name="content">What its lines begin with, where they are passed over; null for a block that the grammar knows.</param>
/// <param name="mode">The mode of its lines.</param>
internal sealed class Stanza(SourceLine opener, BlockContent? content, string mode)
{
    public SourceLine Opener => opener;

    public string Mode => mode;

    /// <summary>The block that it stands in, further to the right than that one's opener.</summary>
    public Stanza? Parent { get; init; }

    public BlockContent? Content => content;

    /// <summary>Whether its lines start further to the right than its opener; null while there is none.</summary>
    public bool? IsIndented { get; set; }

    /// <summary>True behind <c>exit</c>, or a <c>!</c> where the opener starts: only lines that plainly belong to it go on with it.</summary>
    public bool IsLeft { get; set; }

    /// <summary>True when its opener is an error: its lines are part of that mistake, and nothing is said of them.</summary>
    public bool IsRefused { get; init; }

    /// <summary>True when its opener is no command at all: then only lines further to the right can belong to it.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>True once a line that belongs elsewhere was reported: one mistake, one error.</summary>
    public bool IsReported { get; set; }

    /// <summary>True when the line starts further to the right than the opener.</summary>
    public bool Indents(SourceLine line) => line.Indent > opener.Indent;
}

/// <summary>A block of ours that another line interrupted, with what the builder needs to come back to it.</summary>
internal sealed record InterruptedBlock(string Mode, TunnelId Tunnel, string Block, string Peer, Stanza Stanza, SourceLine By)
{
    public static InterruptedBlock Of(ConfigBuilder builder, Stanza stanza, SourceLine by) =>
        new(builder.Mode, builder.CurrentTunnel, builder.CurrentBlock, builder.CurrentPeer, stanza, by);

    public void Resume(ConfigBuilder builder)
    {
        builder.Mode = Mode;
        builder.CurrentTunnel = Tunnel;
        builder.CurrentBlock = Block;
        builder.CurrentPeer = Peer;
    }
}
