#!/bin/sh
# enter.sh DIR CHECKOUT DENO ARG...: run deno on a machine to throw away, in a mount namespace that the
# caller has made. Its files are those of this machine, below an overlay in memory; DIR/shared is the
# only place whose changes stay.
set -e
dir=$1 checkout=$2 deno=$3
shift 3
mkdir -p "$dir/machine" "$dir/shared"
mount -t tmpfs -o size=1g,mode=0755 machine "$dir/machine"
cd "$dir/machine"
mkdir upper work root
mount -t overlay -o "lowerdir=/,upperdir=$PWD/upper,workdir=$PWD/work" machine root
for path in /proc /sys /dev "$dir/shared" "$checkout" "${deno%/*}"; do
  mkdir -p "root$path"
  mount --rbind "$path" "root$path"
done
exec chroot root "$deno" run -A --config "$checkout/deno.json" "$@"
