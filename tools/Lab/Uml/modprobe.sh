#!/bin/sh
# Called by the kernel of a User-Mode Linux node (kernel.modprobe).
exec /sbin/modprobe -d /mnt/mod "$@"
