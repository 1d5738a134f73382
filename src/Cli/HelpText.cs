namespace Dmvpn.Cli;

/// <summary>What <c>dmvpn --help</c> says: enough to need no manual.</summary>
internal static class HelpText
{
    public const string Summary = "OpenDMVPN: a Dynamic Multipoint VPN router, configured in IOS syntax.";

    public const string Full =
        $$"""
        {{Summary}}

        USAGE
          dmvpn COMMAND [ARGUMENTS] [OPTIONS]

        RUN THE ROUTER
          run FILE                 run it in the foreground with a configuration file (IOS syntax)
          check FILE               check a configuration file, run nothing; says what was
                                   understood, --passed-over lists what has no effect
          reload                   read the file again: only what changed is touched,
                                   a refused file changes nothing (also: SIGHUP);
                                   --force: also when the last tunnel or a protection goes

        SEE WHAT IT DOES           (each also with --json and --watch)
          show dmvpn [detail]      the peers and how far their sessions have come
          show ip nhrp             the NHRP cache; brief, detail, summary, traffic,
                                   nhs [detail], redirect, shortcut, multicast
          show crypto session      tunnels' security: who, since when, how much [detail]
          show crypto ikev2 sa     IKE SAs [detailed]; session, stats, performance,
                                   diagnose error (why negotiations fail)
          show crypto ipsec sa     ESP SAs [peer ADDRESS] [detail]
          show crypto pki certificates
          show ip route            routes; tunnel, nhrp, odr, connected, static, ADDRESS
          show interfaces          counters, rates, drops by name; TunnelN for one
          show adjacency [detail]  next hops and where their packets go
          show cdp neighbors       neighbours that speak ODR [detail]
          show platform            the machine; what each thread and socket has done
          show drops               every packet that was not processed, by reason
          show running-config      the configuration in force
          show logging, version    the log; the program and how long it runs
          show ?                   everything else; '?' works after any word
          debug nhrp packet        watch live: nhrp [packet|cache|error|…], dmvpn, tunnel, cdp,
                                   crypto ikev2 [packet|internal|error], crypto ipsec
          top                      live: rates, batches, drops by tunnel, thread, socket
          shell                    type commands as on IOS: ?, TAB, history, abbreviations

        CHANGE ITS MIND
          clear ip nhrp [ADDRESS|shortcut|counters]
          clear dmvpn session [peer {nbma|tunnel} ADDRESS] [interface TunnelN] [static]
          clear crypto session [remote ADDRESS] [local ADDRESS]
          clear crypto sa [peer ADDRESS | spi SPI]
          clear counters

        CERTIFICATES
          pki init DIR             make a certificate authority for a network
          pki issue DIR SITE       a site's certificate and key, as one file: its bundle
          pki renew DIR SITE       a new certificate, before the one that it has ends
          pki list | revoke | crl  what was issued; take one back; renew the revocation list
          join BUNDLE              on the site: configuration and certificate files of it

        TOOLS
          dissect FILE.pcap        decode GRE, NHRP, CDP, IKEv2 of a capture (pcap, pcapng);
                                   with --keys FILE what IKE and ESP hide, too
          completion SHELL         completion script for bash, zsh or fish
          version                  version of this program

        OPTIONS
          --socket PATH            control socket of the daemon to talk to, or to open
                                   (default: DMVPN_SOCKET, else {{CommandLine.DefaultSocket}})
          --json                   the same content as JSON
          --watch [SECONDS]        show it again every SECONDS (2) until Ctrl-C
          --log-level LEVEL        with run: debug, info, warning or error
          --log-format FORMAT      with run: text or journald
          --state FILE             with run: where the secrets are that outlive a restart
          --keylog FILE            with run: write all keys to FILE, for Wireshark
          --no-color               no colours (or NO_COLOR)
          COMMAND --help           more about one command

        EXAMPLES
          dmvpn run /etc/dmvpn/hub.conf
          dmvpn sh ip nhrp br                      IOS abbreviations work
          dmvpn show dmvpn --watch 1
          dmvpn show dmvpn --json | jq '.tunnels[].peers[].nbma'
          dmvpn show ip route '| include ^H'       modifiers: include, exclude, begin, section, count
          dmvpn clear ip nhrp 10.0.0.3             one peer, not all
          echo 'show dmvpn' | dmvpn shell          scripts

        EXIT STATUS
          0 done   1 failed or refused   2 no daemon answers   64 command line not understood

        """;
}
