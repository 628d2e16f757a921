#!/bin/sh
# The first process of a host: process 1 of fresh mount, UTS, IPC, PID and cgroup namespaces, inside the host's
# network namespace. It makes the host's root file system, moves into it, and becomes systemd.
#   $1 name   $2 directory of the host (upper, work, root)   $3 shared base   $4 role
set -e
name=$1 dir=$2 base=$3 role=$4 root=$2/root
mount --make-rprivate /
mount -t overlay "mitate-$name" -o "lowerdir=$base,upperdir=$dir/upper,workdir=$dir/work" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755,size=64m tmpfs dev
umask 0
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
umask 022
mkdir -p dev/net dev/pts dev/shm dev/mqueue
mknod -m 666 dev/net/tun c 10 200
[ "$role" != compute ] || mknod -m 660 dev/kvm c 10 232
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=755,size=512m tmpfs run
mkdir -p run/lock
hostname "$name"
mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old 2>/dev/null || :
exec env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=linux LANG=C.UTF-8 \
    /lib/systemd/systemd --log-target=journal-or-kmsg --show-status=0
