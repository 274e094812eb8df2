/**
 * Shell script that mounts what a host has written over a directory of its image.
 *
 * It keeps its state where `ostree admin state-overlay` of later releases of libostree does, and does
 * the same: with another image than at the last boot, what that ships, as a file or as a directory,
 * takes the place of what the host has there; what the host alone has stays.
 *
 * Cut off at any moment it goes on at the next boot: what stays is moved, name by name, to a directory
 * that then becomes the upper one.
 *
 * @see ostree-state-overlay@.service(8)
 */
export const STATE_OVERLAY_SCRIPT = `#!/bin/sh
# Mounts what this host has written over a directory of its image: state-overlay NAME PATH
set -eu
name=$1
lower=$2
state=/var/ostree/state-overlays/$name
upper=$state/upper
next=$state/next

! mountpoint -q "$lower" || exit 0

# Another commit is another image; the number of its deployment says nothing.
link=$(tr ' ' '\\n' < /proc/cmdline | sed -n 's/^ostree=//p' | tail -n 1)
deployment=$(readlink -e "/sysroot$link") && [ -n "$link" ] || {
  echo "state-overlay: /proc/cmdline names no deployment: ostree=$link" >&2
  exit 1
}
deployment=\${deployment##*/}
image=\${deployment%.*}

is_dir() {
  [ -d "$1" ] && [ ! -L "$1" ]
}

# Move what the host alone has from an upper directory to the next one: settle UPPER LOWER NEXT
settle() {
  local entry base
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    base=\${entry##*/}
    if is_dir "$entry" && { is_dir "$2/$base" || is_dir "$3/$base"; }; then
      mkdir -p "$3/$base"
      settle "$entry" "$2/$base" "$3/$base"
      like "$2/$base" "$3/$base"
      rmdir --ignore-fail-on-non-empty "$3/$base"
    elif [ -e "$2/$base" ] || [ -L "$2/$base" ]; then
      continue
    elif [ -e "$entry" ] || [ -L "$entry" ]; then
      mv -T "$entry" "$3/$base"
    fi
  done
}

# Give a directory the owner and mode of another one: like MODEL DIRECTORY
like() {
  if is_dir "$1"; then
    chown --reference="$1" "$2"
    chmod --reference="$1" "$2"
  fi
}

refresh() {
  mkdir -p "$upper" "$next"
  # Devices 0:0 stand for what the host has removed.
  find "$upper" -type c -exec sh -c '
    for file; do
      [ "$(stat -c %t:%T "$file")" != 0:0 ] || rm -f "$file"
    done' sh {} +
  settle "$upper" "$lower" "$next"
  rm -rf "$upper"
  mv -T "$next" "$upper"
}

mkdir -p "$state/work"
[ ! -e "$next" ] || refresh
if [ "$(cat "$state/image" 2> /dev/null)" != "$image" ]; then
  refresh
  like "$lower" "$upper"
  sync -f "$upper"
  echo "$image" > "$state/image.new"
  mv -T "$state/image.new" "$state/image"
fi
options=lowerdir=$lower,upperdir=$upper,workdir=$state/work
exec mount -t overlay -o "$options,index=off,metacopy=off,redirect_dir=off" overlay "$lower"
`;
