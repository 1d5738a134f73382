#!/bin/sh
# PID 1 of a User-Mode Linux node. Root is the host's / through hostfs, read-only; everything
# below ODL_DIR is visible from both sides. The kernel passes the ODL_ words of its command
# line as environment.
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
stty -echo 2>/dev/null
# modprobe -d wants DIR/lib/modules/VERSION, and UML's modules are elsewhere. The kernel's own
# calls of modprobe go the same way, else ESP and GRE types are "not found".
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir -p /mnt/mod/lib /mnt/up /mnt/work /mnt/low /mnt/root
ln -s /usr/lib/uml/modules /mnt/mod/lib/modules
echo "$ODL_DIR/modprobe" >/proc/sys/kernel/modprobe
modprobe -d /mnt/mod overlay
low=/
if [ "$ODL_ROOT" != / ]; then
    mount -t hostfs -o "$ODL_ROOT" none /mnt/low
    mount -o remount,ro /mnt/low 2>/dev/null
    low=/mnt/low
fi
mount -t overlay -o "lowerdir=$low,upperdir=/mnt/up,workdir=/mnt/work" overlay /mnt/root || {
    echo "overlay on hostfs failed"
    poweroff -f
}
R=/mnt/root
mkdir -p $R/proc $R/sys $R/dev $R/run $R/tmp
for d in proc sys dev; do mount --bind /$d $R/$d; done
mount -t tmpfs -o mode=755 tmpfs $R/run
mount -t tmpfs -o mode=1777 tmpfs $R/tmp
mkdir -p $R/dev/pts $R/dev/shm $R/lib/modules $R/usr/lib/uml/modules $R/run/ctl
mount -t devpts devpts $R/dev/pts 2>/dev/null
mount -t tmpfs tmpfs $R/dev/shm 2>/dev/null
[ "$ODL_ROOT" = / ] || mount --bind /usr/lib/uml/modules $R/usr/lib/uml/modules
for v in /usr/lib/uml/modules/*; do ln -sfn "$v" "$R/lib/modules/${v##*/}"; done
ln -sfn /run $R/var/run
mount -t hostfs -o "$ODL_DIR/ctl" none $R/run/ctl
hostname "$ODL_NAME"
echo "127.0.0.1 localhost $ODL_NAME" >$R/etc/hosts
ip link set lo up

# The agent: each line on the console names a script in ctl. What it says goes to ID.out, its
# status to ID.rc, which appears only when the output is complete. The end of the console is
# the end of whoever booted us, and so ours.
: >$R/run/ctl/ready
while read -r id; do
    (
        chroot $R /bin/sh "/run/ctl/$id.sh" >"$R/run/ctl/$id.out" 2>&1 </dev/null
        rc=$?
        sync "$R/run/ctl/$id.out"
        echo $rc >"$R/run/ctl/$id.tmp"
        sync "$R/run/ctl/$id.tmp"
        mv "$R/run/ctl/$id.tmp" "$R/run/ctl/$id.rc"
    ) &
done
poweroff -f
