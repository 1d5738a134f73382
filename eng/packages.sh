#!/usr/bin/env bash
# Installs the Debian packages that a purpose needs and this machine lacks, and starts none of
# their services.
#   packages.sh build|lab|bench|instructions|test|frr10
#   packages.sh PURPOSE --links DIR    and fills DIR with links to the programs declared here, and to
#                                      those of the packages that no Debian is without: as PATH it
#                                      shows whether something starts a program that is not declared
set -euo pipefail
# Whoever calls may see declared programs only; to install takes others.
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# What to look for, and the package that brings it. A name without a slash is a command.
needs() {
    case $1 in
        build) cat <<'TEXT'
gcc gcc
/usr/include/zlib.h zlib1g-dev
TEXT
        ;;
        lab) cat <<'TEXT'
ip iproute2
ss iproute2
nft nftables
ping iputils-ping
sysctl procps
tcpdump tcpdump
TEXT
        ;;
        bench) needs lab; cat <<'TEXT'
iperf3 iperf3
TEXT
        ;;
        test) needs build; needs bench; cat <<'TEXT'
mount mount
conntrack conntrack
as binutils
ld binutils
ethtool ethtool
tshark tshark
systemd-analyze systemd
linux.uml user-mode-linux
modprobe kmod
/bin/busybox busybox-static
/usr/lib/frr/nhrpd frr
vtysh frr
iptables-legacy iptables
/usr/lib/ipsec/charon strongswan-charon
swanctl strongswan-swanctl
pki strongswan-pki
/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so libcharon-extra-plugins
/usr/lib/ipsec/plugins/libstrongswan-gcm.so libstrongswan-standard-plugins
/usr/lib/ipsec/plugins/libstrongswan-chapoly.so libstrongswan-extra-plugins
TEXT
        ;;
        instructions) echo "valgrind valgrind" ;;
        frr10) echo "debootstrap debootstrap" ;;
    esac
}

# In a directory of their own: what the purpose declares, and what is always there.
links() {
    local purpose=$1 dir=$2 what path
    mkdir -p "$dir"
    if ! command -v dpkg-query >/dev/null 2>&1; then
        echo "dmvpn: no Debian; undeclared programs are not found out" >&2
        IFS=: read -ra paths <<<"$PATH"
        for path in "${paths[@]}"; do ln -sft "$dir" "$path"/* 2>/dev/null || true; done
        return
    fi
    dpkg-query -Wf '${Essential} ${Package}\n' | sed -n 's/^yes //p' | xargs dpkg-query -L \
        | grep -E '^(/usr)?/s?bin/.' | xargs ln -sft "$dir"
    while read -r what _; do
        case $what in /*) ;; *) ln -sf "$(command -v "$what")" "$dir/" ;; esac
    done < <(needs "$purpose"; echo awk; echo dotnet)
}

present() {
    case $1 in
        /*) [ -e "$1" ] ;;
        *) command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ] ;;
    esac
}

missing=()
while read -r what package; do
    present "$what" || [[ " ${missing[*]-} " == *" $package "* ]] || missing+=("$package")
done < <(needs "$1")
if [ ${#missing[@]} = 0 ]; then
    [ "${2:-}" != --links ] || links "$1" "$3"
    exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "dmvpn: please install what these Debian packages hold, then try again: ${missing[*]}" >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "dmvpn: missing packages; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi

# One installation at a time; whoever waited finds nothing missing any more.
if [ -z "${DMVPN_PACKAGES_LOCKED:-}" ]; then
    DMVPN_PACKAGES_LOCKED=1 exec flock /run/lock/dmvpn-packages "$0" "$@"
fi

# Debian's convention: while this file answers 101, no installed service is started.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    trap 'rm -f $policy' EXIT
fi
log=$(mktemp)
echo "dmvpn: installing ${missing[*]} (no service is started) ..." >&2
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}" >>"$log" 2>&1 </dev/null; }
if ! install; then
    apt-get update >>"$log" 2>&1 </dev/null || true
    if ! install; then
        tail -20 "$log" >&2
        echo "dmvpn: apt-get could not install ${missing[*]}; all of its output: $log" >&2
        exit 1
    fi
fi
rm -f "$log"
[ "${2:-}" != --links ] || links "$1" "$3"
