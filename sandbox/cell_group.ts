import { pathExists, removeKernelDirectory } from "@apt-ostree/base";

/** Where cgroups that limit processes are made: version 1, then version 2. */
export const GROUP_ROOTS: readonly string[] = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"];

let made = 0;

/** Name of a cgroup that nobody has: the process that made it, and a number. */
export function newGroupName(): string {
  return `apt-ostree-${Deno.pid}-${made++}`;
}

/**
 * Shell commands by which the process that runs them goes into a cgroup of its own, with a bound of
 * processes that holds at once, however fast they are made. Where none can be made nothing happens.
 *
 * What processes left that are gone is removed. Where one was killed at the moment at which
 * bubblewrap had begun a process and not yet bound its life to its own, that process waits for ever,
 * alone in its cgroup: it is ended, and the cgroup is removed by the next cell.
 *
 * @param most Processes and threads.
 * @see the kernel's documentation of the pids controller
 */
export function joinGroup(name: string, most: number): string {
  return `
for root in ${GROUP_ROOTS.join(" ")}; do
  [ -w "$root/cgroup.procs" ] || continue
  for old in "$root"/apt-ostree-*; do
    owner=\${old##*/apt-ostree-}
    [ -e "/proc/\${owner%%-*}" ] || rmdir "$old" 2> /dev/null && continue
    { read -r lone && ! read -r _ && [ "$lone" -gt 0 ] && kill -KILL "$lone"; } < "$old/cgroup.procs"
  done
  mkdir "$root/${name}" 2> /dev/null || continue
  if [ -w "$root/${name}/pids.max" ] && echo ${most} > "$root/${name}/pids.max" &&
    echo $$ > "$root/${name}/cgroup.procs"; then break; fi
  rmdir "$root/${name}"
done 2> /dev/null`;
}

/**
 * Remove a cgroup whose processes have ended, if there is one.
 *
 * The kernel takes a process out of its cgroup a little after it has become a zombie.
 */
export async function removeGroup(name: string): Promise<void> {
  for (const path of GROUP_ROOTS.map((root) => `${root}/${name}`)) {
    for (let times = 0; pathExists(path) && times < MOST_TIMES; times++) {
      if (removeKernelDirectory(path)) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Tries, 10 ms apart; what is left then is removed by the next cell. */
const MOST_TIMES = 200;
