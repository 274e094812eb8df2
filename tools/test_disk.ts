/**
 * A disk of the tests' own for /var/tmp, where they make and delete some hundred thousand files.
 *
 * ext4 without a journal, which some virtual machines have for their root, passes over recently
 * deleted inodes one by one: tests that follow large deletions take several times as long there.
 *
 * @module
 */

/** In a mount namespace: a file becomes a disk, which lies over /var/tmp and goes with the namespace. */
const ENTER = `image=$1; shift
room=$(($(df --output=avail --block-size=1G "$(dirname "$image")" | tail -1) / 2))
[ "$room" -ge 8 ]
[ "$room" -le 32 ] || room=32
trap 'rm -f "$image"' EXIT
truncate --size="$room"G "$image"
mkfs.ext4 -q -F -m 0 -E nodiscard "$image"
mount -t ext4 -o loop,noatime,barrier=0 "$image" /var/tmp
rm "$image"
chmod 1777 /var/tmp
exec "$@"
`;

/**
 * The command line that runs a command with such a disk; the command itself where there is no right
 * to mount, as in a container, or no room for it.
 *
 * @param image Where the disk's file may lie until it is mounted; what the tests write takes room there.
 */
export function withTestDisk(image: string, argv: readonly string[]): string[] {
  const enter = ["unshare", "--mount", "--propagation", "private", "--", "sh", "-ec", ENTER, "sh"];
  const [program = "", ...args] = [...enter, image];
  const { success } = new Deno.Command(program, { args: [...args, "true"] }).outputSync();
  return success ? [...enter, image, ...argv] : [...argv];
}
