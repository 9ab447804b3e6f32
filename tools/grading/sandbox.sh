#!/bin/sh
# Run a command that can write in small file systems in memory, and nowhere else, once it has opened the five sockets of
# a kernel in the folder $1. It sees nothing in the folders $2, but for the folders $3 in them (separated by colons), no
# socket of other programs, no other process, no device but those without memory, no network, and it has no privilege.
# For tools.grading, with util-linux:
# sh tools/grading/sandbox.sh FOLDER HIDDEN SHOWN COMMAND …
set -eu
unshare=$(command -v unshare)
if [ "${SANDBOX:-}" != inside ]; then
    # The sandbox ends with the process that grades, however that ends.
    SANDBOX=inside exec setpriv --pdeathsig KILL "$unshare" --map-root-user --mount --net --ipc --pid --fork \
        --kill-child --mount-proc sh "$0" "$@"
fi

folder=$1 hidden=$2 shown=$1:$3
shift 3
IFS=:
mount -t tmpfs tmpfs /mnt # where the shown folders wait until those around them are hidden
number=0
for place in $shown; do
    number=$((number + 1))
    mkdir /mnt/$number
    mount --rbind "$place" /mnt/$number
done
mkdir /mnt/dev # instead of the machine's: root could write to its disks
for device in null zero full random urandom; do
    : >/mnt/dev/$device
    mount --bind /dev/$device /mnt/dev/$device
done
mkdir /mnt/dev/shm /mnt/dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts /mnt/dev/pts # IPython runs `!ls` in a terminal
ln -s pts/ptmx /mnt/dev/ptmx
ln -s /proc/self/fd /mnt/dev/fd
mount --rbind /mnt/dev /dev
for place in /run /dev/shm /tmp $hidden; do
    mkdir -p "$place" # where a folder around it is hidden by now
    mount -t tmpfs -o size=200m tmpfs "$place"
done
number=0
for place in $shown; do
    number=$((number + 1))
    mkdir -p "$place"
    mount --move /mnt/$number "$place"
done
unset IFS
mkdir -p /tmp/home
cut -d ' ' -f 2 /proc/self/mounts | while read -r place; do
    place=$(printf "$place") # a space is written as \040
    case $place in
        "$folder" | /dev/shm | /tmp) ;;
        *)
            if [ -e "$place" ]; then # not hidden by now
                mount -o remount,bind,ro "$place" 2>/dev/null || echo "A submission can write in $place." >&2
            fi
            ;;
    esac
done

unset JPY_PARENT_PID SANDBOX # a kernel ends when it does not find its parent, which is out of sight
export HOME=/tmp/home
cd "$HOME"
(
    until [ "$(find "$folder" -type s | wc -l)" -ge 5 ]; do sleep 0.05; done
    mount -o remount,bind,ro "$folder" # so that no submission fills the disk
) &
# Not exec: the first process of the namespace ignores signals, and when it ends, all others are killed.
prlimit --nproc=4096 setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
exit $?
