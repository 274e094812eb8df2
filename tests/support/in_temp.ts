/**
 * Run a test in a directory of its own, which is gone afterwards.
 *
 * It lies on a real filesystem: extended attributes and whiteouts need one.
 */
export async function inTemp(test: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
  try {
    await Deno.chmod(dir, 0o755);
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
