# Runs a command in a throw-away copy of a bare root. All mounts live in this process's own mount namespace and
# what is written lives in memory, so that nothing stays behind however it ends. Started by test_bare_machine.py:
#   unshare --mount --pid --fork --kill-child sh in_bare_root.sh BASE WORK BIND,BIND... COMMAND...
# WORK/etc is laid over /etc; WORK/mitate (the checkout) is copied to /root/mitate.
set -eu
base=$1 work=$2 binds=$3
shift 3
mount -t tmpfs -o mode=755 bare "$work/mem"
mkdir "$work/mem/upper" "$work/mem/work" "$work/mem/root"
root=$work/mem/root
mount -t overlay -o "lowerdir=$base,upperdir=$work/mem/upper,workdir=$work/mem/work" bare "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cp -R "$work/etc/." "$root/etc/"
cp -R "$work/mitate" "$root/root/mitate"
IFS=,
for bind in $binds; do
    mkdir -p "$root$bind"
    mount --bind "$bind" "$root$bind"
done
unset IFS
exec chroot "$root" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
