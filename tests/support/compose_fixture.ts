/**
 * A directory with an archive, a treefile and a repository, and the program to compose them with.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type DebSpec, makeArchive, makeDeb, run } from "./archive.ts";
import { essentialDebs } from "./base_system.ts";

const PROGRAM = new URL("../../bin/apt-ostree", import.meta.url).pathname;
const CACHE = new URL("../../build/test-cache", import.meta.url).pathname;

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One test's world. */
export interface Fixture {
  readonly dir: string;
  readonly repo: string;
  /** Write a treefile beside the sources file `archive`. @returns Its path. */
  treefile(text: string): Promise<string>;
  /** Run apt-ostree. */
  run(...args: string[]): Promise<Ended>;
  /** Run apt-ostree with more in its environment. */
  runWith(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended>;
  /** Start apt-ostree; the caller waits for it. */
  spawn(...args: string[]): Deno.ChildProcess;
  /** Compose a treefile into the repository. */
  compose(treefile: string, ...args: string[]): Promise<Ended>;
}

/** What {@linkcode withFixture} makes. */
export interface FixtureOptions {
  /** Packages of the archive, beside the essential ones. */
  readonly debs?: readonly DebSpec[];
  /** Whether the archive has the essential packages. @default {true} */
  readonly essential?: boolean;
  /** Whether these have been imported by an earlier compose, as on a machine that composes. @default {true} */
  readonly imported?: boolean;
  readonly sign?: boolean;
  readonly trusted?: boolean;
}

/** Run a test in a world of its own, which is gone afterwards. */
export async function withFixture(
  options: FixtureOptions,
  test: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  await Deno.mkdir(CACHE, { recursive: true });
  const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
  try {
    await Deno.chmod(dir, 0o755);
    const archive = `${dir}/archive`;
    await Deno.mkdir(archive);
    for (const spec of options.debs ?? []) await makeDeb(archive, spec);
    if (options.essential !== false) {
      await run(
        "sh",
        "-c",
        'ln "$1"/*.deb "$2" 2> /dev/null || cp "$1"/*.deb "$2"',
        "sh",
        await essentialDebs(),
        archive,
      );
    }
    const { sources } = await makeArchive(archive, options);
    await Deno.writeTextFile(`${dir}/archive.sources`, sources);
    const repo = `${dir}/repo`;
    await run("ostree", "init", `--repo=${repo}`, "--mode=bare");
    const world = fixture(dir, repo);
    if (options.essential !== false && options.imported !== false && options.sign !== false) {
      await copyImports(world);
    }
    await test(world);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/**
 * Give a repository the imports of the essential packages that an earlier compose would have left: to
 * import them over and over would be most of what the tests take.
 */
async function copyImports({ repo, run: program, treefile }: Fixture): Promise<void> {
  const names = [...Deno.readDirSync(await essentialDebs())].map(({ name }) => name).sort().join();
  const cache = `${CACHE}/imports-${createHash("sha256").update(names).digest("hex")}`;
  if (!await Deno.stat(`${cache}/done`).then(() => true, () => false)) {
    const path = await treefile(`${TREEFILE}packages: [usr-is-merged]\n`);
    const args = [`--repo=${repo}`, `--cachedir=${cache}`, "--download-only", path];
    const { code, stderr } = await program("compose", "tree", ...args);
    if (code !== 0) throw new Error(stderr);
    await run("rm", "-rf", `${repo}/extensions`, path);
    await Deno.writeTextFile(`${cache}/done`, "");
  }
  await Deno.mkdir(`${repo}/extensions/aptostree`, { recursive: true });
  const copy = 'cp -al "$1" "$2" 2> /dev/null || { rm -rf "$2"; cp -a "$1" "$2"; }';
  await run("sh", "-c", copy, "sh", `${cache}/repo`, `${repo}/extensions/aptostree/repo`);
}

function fixture(dir: string, repo: string): Fixture {
  const command = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    new Deno.Command(PROGRAM, {
      args: [...args],
      env: { APT_OSTREE_DENO: Deno.execPath(), ...env },
      stdout: "piped",
      stderr: "piped",
    });
  const execute = async (
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) => {
    const { code, stdout, stderr } = await command(args, env).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  };
  return {
    dir,
    repo,
    async treefile(text) {
      const path = `${dir}/tree.yaml`;
      await Deno.writeTextFile(path, text);
      return path;
    },
    run: (...args) => execute(args),
    runWith: (env, ...args) => execute(args, env),
    spawn: (...args) => command(args).spawn(),
    compose: (treefile, ...args) =>
      execute(["compose", "tree", `--repo=${repo}`, ...args, treefile]),
  };
}

/** Beginning of every treefile that uses the fixture's archive. */
export const TREEFILE = "ref: test/x\nrepos: [archive]\nrecommends: false\n";
