#!/usr/bin/env bash
# Makes the root file system of the FRR 10 peers: Debian 13 with its frr, about 300 MB, once per
# machine, outside of the repository. Prints its path. Fails, saying why, where it cannot be had.
set -euo pipefail
# Tests, which see declared programs only, call this; to install takes others.
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cache=${DMVPN_CACHE:-/var/tmp/opendmvpn}
root=$cache/frr10
[ "$(id -u)" = 0 ] || { echo "frr10: needs root" >&2; exit 1; }
mkdir -p "$cache"
exec 9>"$cache/.frr10.lock"
flock 9
if [ -e "$root/usr/lib/frr/nhrpd" ]; then echo "$root"; exit 0; fi
"$(dirname "${BASH_SOURCE[0]}")/packages.sh" frr10 9>&-
rm -rf "$root.new"
log=$cache/frr10.log
make() {
    debootstrap --variant=minbase trixie "$root.new" http://deb.debian.org/debian
    printf '#!/bin/sh\nexit 101\n' >"$root.new/usr/sbin/policy-rc.d"
    chmod 755 "$root.new/usr/sbin/policy-rc.d"
    # A mount namespace of its own: /proc inside, which some packages ask for, ends with it.
    unshare --mount sh -ec 'mount -t proc proc "$0/proc"
        DEBIAN_FRONTEND=noninteractive chroot "$0" apt-get install -y --no-install-recommends \
            frr iproute2 iptables kmod procps iputils-ping' "$root.new"
}
if ! (set -e; make) >"$log" 2>&1 9>&- </dev/null || [ ! -e "$root.new/usr/lib/frr/nhrpd" ]; then
    tail -3 "$log" >&2
    rm -rf "$root.new"
    echo "frr10: Debian 13 with frr could not be installed; all that was said: $log" >&2
    exit 1
fi
rm -rf "$root.new/var/cache/apt/archives" "$root.new/var/lib/apt/lists"
mv "$root.new" "$root"
echo "$root"
