import { hostRunner } from "@apt-ostree/base";
import { inTemp } from "./in_temp.ts";

/**
 * Run a test with a root file system that has a shell and what it links to, copied from this machine.
 *
 * It also has programs that say `real NAME ARGUMENTS` and end with status 3, where sandboxes have
 * shims.
 *
 * @param test Gets a directory with the root in `root`.
 */
export function inShellRoot(test: (dir: string) => Promise<void>): Promise<void> {
  return inTemp(async (dir) => {
    await hostRunner.run(["sh", "-ec", MAKE, "sh", `${dir}/root`]);
    await test(dir);
  });
}

const MAKE = `
mkdir -p "$1"/usr/bin "$1"/usr/sbin "$1"/usr/lib "$1"/usr/lib64 "$1"/etc "$1"/var/tmp "$1"/root
for d in dev proc sys run tmp; do mkdir "$1/$d"; done
for l in bin sbin lib lib64; do ln -s usr/$l "$1/$l"; done
for p in dash basename cat chmod ls id env rm mkdir mv touch sleep head chown mknod readlink; do
  f=$(command -v $p); cp -L "$f" "$1/usr/bin/$p"
  ldd "$f" | grep -o '/[^ ]*' | while read lib; do
    dir=$1$(readlink -f "$(dirname "$lib")"); mkdir -p "$dir"; cp -Lu "$lib" "$dir/"
  done
done
for p in systemctl invoke-rc.d shutdown; do
  printf '#!/bin/sh\\necho "real $(basename "$0") $*"; exit 3\\n' > "$1/usr/bin/$p"
  chmod 755 "$1/usr/bin/$p"
done
ln -s dash "$1/usr/bin/sh"; echo old > "$1/etc/motd"; mkdir "$1/etc/dir"; echo a > "$1/etc/dir/a"`;
