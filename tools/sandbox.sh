#!/bin/sh
# Run a command that can write in the folder $1 and in small file systems in memory, and nowhere else. It sees nothing in
# the folders $2 (separated by colons), no socket of other programs, no other process, no network, and it has no privilege.
# For tools.grade, through `unshare`, both of util-linux: sh tools/sandbox.sh FOLDER HIDDEN COMMAND …
set -eu
unshare=$(command -v unshare)
if [ "${SANDBOX:-}" != inside ]; then
    SANDBOX=inside exec "$unshare" --map-root-user --mount --net --ipc --pid --fork --kill-child --mount-proc sh "$0" "$@"
fi

folder=$1 hidden=$2
shift 2
mount --bind "$folder" /mnt
IFS=:
for place in $hidden /run /dev/shm /tmp; do mount -t tmpfs -o size=200m tmpfs "$place"; done
unset IFS
mkdir -p "$folder" /tmp/home
mount --move /mnt "$folder"
cut -d ' ' -f 2 /proc/self/mounts | while read -r place; do
    place=$(printf "$place") # a space is written as \040
    case $place in
        /dev/shm | /tmp | /tmp/*) ;;
        *) mount -o remount,bind,ro "$place" 2>/dev/null || echo "A submission can write in $place." >&2 ;;
    esac
done

unset JPY_PARENT_PID SANDBOX # a kernel ends when it does not find its parent, which is out of sight
export HOME=/tmp/home
cd "$HOME"
# Not exec: the first process of the namespace ignores signals, and when it ends, all others are killed.
prlimit --nproc=4096 setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
exit $?
