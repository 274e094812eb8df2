import { makeArchive } from "../tests/support/archive.ts";

/** How many packages make a base ten times as large as the minimal example, and files in each. */
const PACKAGES = 1600;
const FILES = 45;

/**
 * Make an archive of many small packages without scripts, once.
 *
 * @param dir Where; what is there whole is kept.
 * @returns Text of a sources file, and the names of the packages.
 */
export async function makeBulkArchive(
  dir: string,
): Promise<{ readonly sources: string; readonly names: readonly string[] }> {
  const names = Array.from({ length: PACKAGES }, (_, at) => `bulk-${at}`);
  try {
    return { sources: await Deno.readTextFile(`${dir}/archive.sources`), names };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.remove(dir, { recursive: true }).catch(() => {});
  await Deno.mkdir(dir, { recursive: true });
  const script = `
cd "$1"
for package in $(seq 0 ${PACKAGES - 1}); do
  root=root-$package
  mkdir -p $root/DEBIAN
  printf 'Package: bulk-%s\\nVersion: 1.0\\nArchitecture: all\\nMaintainer: Bench <bench@example.org>\\nDescription: bulk\\n' \\
    $package > $root/DEBIAN/control
  for part in 0 1 2 3 4; do
    place=$root/usr/share/bulk/$package/$part
    mkdir -p $place
    for file in $(seq 1 ${FILES / 5}); do echo "$package $part $file" > $place/$file; done
  done
  dpkg-deb --root-owner-group -Znone --build $root . > /dev/null
  rm -r $root
done`;
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-ec", script, "sh", dir],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { sources } = await makeArchive(dir);
  await Deno.writeTextFile(`${dir}/archive.sources`, sources);
  return { sources, names };
}
