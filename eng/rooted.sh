# Sourced. In a chroot the root directory may be no mount point, and `ip netns exec` then fails
# ("mount --make-rslave / failed: Invalid argument").

root_is_mounted() {
    local at
    while read -r _ _ _ _ at _; do [ "$at" != / ] || return 0; done </proc/self/mountinfo
    return 1
}

# with_mounted_root COMMAND...: becomes COMMAND, where / is a mount point: in a chroot, in a mount
# namespace of its own. Named network namespaces of the command are then seen by it alone.
with_mounted_root() {
    if [ ! -r /proc/self/mountinfo ] || [ "$(id -u)" != 0 ] || root_is_mounted; then exec "$@"; fi
    exec unshare --mount --propagation unchanged bash -c '
        # What is mounted below must not appear outside.
        mount --make-private /run 2>/dev/null || true
        new=$(mktemp -d /run/root.XXXXXX) || exit
        mount --rbind / "$new" && mount --make-rprivate "$new" || exit
        status=0
        chroot "$new" bash -c "cd \"\$1\" && shift && exec \"\$@\"" - "$PWD" "$@" || status=$?
        umount -R -l "$new" && rmdir "$new"
        exit $status' - "$@"
}
