import { assertEquals } from "@std/assert";
import { output, run } from "./archive.ts";
import { type Fixture, TREEFILE } from "./compose_fixture.ts";

/** Packages that need nothing to run: a tree of them takes no time. */
export const SMALL = {
  debs: [{ name: "one", files: { "usr/share/one": "1\n", "etc/one.conf": "o\n" } }],
  essential: false,
} as const;
export const SMALL_TREE = `${TREEFILE}packages: [one]\n`;

/** Install a treefile into a directory. @returns The root file system. */
export async function install(
  fixture: Fixture,
  treefile: string,
  ...args: string[]
): Promise<string> {
  const dest = await Deno.makeTempDir({ dir: fixture.dir });
  const ended = await fixture.run(
    "compose",
    "install",
    `--repo=${fixture.repo}`,
    ...args,
    treefile,
    dest,
  );
  assertEquals(ended.code, 0, ended.stderr);
  assertEquals(ended.stdout.trim().split("\n").at(-1), `${dest}/rootfs`);
  assertEquals([...Deno.readDirSync(dest)].map(({ name }) => name).sort(), [
    "rootfs",
    "rootfs.apt-ostree.json",
  ]);
  return `${dest}/rootfs`;
}

/** A copy of a root file system with what is known about it. */
export async function copyOf(rootfs: string, name: string): Promise<string> {
  const copy = rootfs.replace(/rootfs$/, name);
  await run("cp", "-a", rootfs, copy);
  await run("cp", `${rootfs}.apt-ostree.json`, `${copy}.apt-ostree.json`);
  return copy;
}

/** Commit a root file system beside all others. @returns Checksum of the commit. */
export async function commit(fixture: Fixture, treefile: string, rootfs: string): Promise<string> {
  const id = `${fixture.dir}/id`;
  const ended = await fixture.run(
    ...["compose", "commit", `--repo=${fixture.repo}`, "--no-parent", `--write-commitid-to=${id}`],
    ...[treefile, rootfs],
  );
  assertEquals(ended.code, 0, ended.stderr);
  return await Deno.readTextFile(id);
}

export async function postprocess(fixture: Fixture, ...args: string[]): Promise<string> {
  const ended = await fixture.run("compose", "postprocess", ...args);
  assertEquals(ended.code, 0, ended.stderr);
  return ended.stdout + ended.stderr;
}

export async function contentOf(repo: string, rev: string): Promise<string> {
  const shown = await output("ostree", "show", `--repo=${repo}`, rev);
  return /^ContentChecksum: +(\S+)$/m.exec(shown)![1]!;
}

export async function metadata(repo: string, rev: string, key: string): Promise<string> {
  return (await output("ostree", "show", `--repo=${repo}`, `--print-metadata-key=${key}`, rev))
    .trim();
}

/** Write a program of finalize.d beside the treefile. */
export async function finalizer(fixture: Fixture, name: string, text: string): Promise<void> {
  await Deno.mkdir(`${fixture.dir}/finalize.d`, { recursive: true });
  await Deno.writeTextFile(`${fixture.dir}/finalize.d/${name}`, `#!/bin/sh\n${text}`);
  await Deno.chmod(`${fixture.dir}/finalize.d/${name}`, 0o755);
}
