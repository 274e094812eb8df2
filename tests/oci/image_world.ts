/**
 * A small system in a repository, and the program to make images of it.
 *
 * @module
 */
import { commitTree, type Repo, variant } from "@apt-ostree/ostree";
import type { Ended } from "../support/compose_fixture.ts";
import { inTemp } from "../support/in_temp.ts";
import { type MadeFile, makeTree } from "../support/made_tree.ts";

const PROGRAM = new URL("../../bin/apt-ostree", import.meta.url).pathname;
/** Capability `cap_net_raw=ep`, as the kernel keeps it. */
const CAPABILITY = Uint8Array.fromHex("0100000200200000000000000000000000000000");
/** Packages that only make weight. */
const FILLERS = 12;

/** One test's world. */
export interface ImageWorld {
  readonly dir: string;
  readonly repo: Repo;
  /** Checksum of the commit that `test/x` names. */
  readonly commit: string;
  /** Commit another state. @returns Its checksum. */
  update(files: Readonly<Record<string, MadeFile>>, packages?: Record<string, string[]>): string;
  /** Run apt-ostree in `dir`, with its own home. */
  run(...args: string[]): Promise<Ended>;
  /** Run `compose container-encapsulate` and expect that it succeeds. @returns Digest of the image. */
  encapsulate(rev: string, target: string, ...args: string[]): Promise<string>;
}

/** Run a test in a world of its own. */
export async function withImageWorld(test: (world: ImageWorld) => Promise<void>): Promise<void> {
  await inTemp(async (dir) => {
    const commit = commitSystem(dir, {}, {});
    const { repo } = commit;
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(PROGRAM, {
        args,
        cwd: dir,
        env: { APT_OSTREE_DENO: Deno.execPath(), HOME: `${dir}/home` },
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: text(stdout), stderr: text(stderr) };
    };
    await test({
      dir,
      repo,
      commit: commit.checksum,
      update: (files, packages = {}) => commitSystem(dir, files, packages).checksum,
      run,
      async encapsulate(rev, target, ...args) {
        const command = ["compose", "container-encapsulate", `--repo=${repo.path}`];
        const { code, stdout, stderr } = await run(...command, ...args, rev, target);
        if (code !== 0) throw new Error(stderr);
        return /^Pushed digest: (sha256:[0-9a-f]{64})$/m.exec(stdout)![1]!;
      },
    });
  });
}

/** Commit a system with files of every kind that images must keep. */
function commitSystem(
  dir: string,
  files: Readonly<Record<string, MadeFile>>,
  packages: Readonly<Record<string, readonly string[]>>,
): { readonly repo: Repo; readonly checksum: string } {
  const fillers = Array.from({ length: FILLERS }, (_, at) => at);
  const { repo, tree } = makeTree(dir, {
    files: {
      "usr/bin/tool": { text: lines("tool", 3000), mode: 0o4755 },
      "usr/bin/ping": {
        text: "ping\n",
        mode: 0o755,
        xattrs: [["security.capability", CAPABILITY], ["user.raw", new Uint8Array([0, 255, 10])]],
      },
      "usr/lib/libfoo.so": lines("foo", 9000),
      "usr/lib/same-a": "same\n",
      "usr/lib/same-b": "same\n",
      "usr/lib/empty-a": "",
      "usr/lib/empty-b": "",
      "usr/share/grüße": "hello\n",
      [`usr/share/${"long".repeat(40)}`]: "long\n",
      "usr/etc/app.conf": "a=1\n",
      "usr/etc/secret": { text: "secret\n", mode: 0o600 },
      "usr/lib/modules/1.0/vmlinuz": lines("kernel", 5000),
      "usr/lib/modules/1.0/initramfs.img": lines("initramfs", 8000),
      "usr/lib/os-release": "ID=debian\nVERSION_ID=12\n",
      ...Object.fromEntries(
        fillers.map((at) => [`usr/share/p${at}/data`, lines(`p${at}`, 100 * (at + 1) ** 2)]),
      ),
      ...files,
    },
    links: { "usr/bin/t": "tool", "bin": "usr/bin", "ostree": "sysroot/ostree" },
    dirs: {
      ...Object.fromEntries(
        ["boot", "dev", "proc", "run", "sys", "sysroot", "var"].map((name) => [name, 0o755]),
      ),
      "tmp": 0o1777,
      "usr/share/private": 0o750,
    },
    packages: {
      "tool:amd64": ["/usr/bin/tool", "/usr/bin/t", "/usr/lib/same-a", "/usr/lib/empty-a"],
      "ping": ["/bin/ping", "/usr/lib/same-b", "/usr/lib/empty-b"],
      "libfoo": ["/usr/lib/libfoo.so", "/etc/app.conf"],
      ...Object.fromEntries(fillers.map((at) => [`p${at}`, [`/usr/share/p${at}/data`]])),
      ...packages,
    },
    fields: { "tool:amd64": "Source: tools (1.0)\n" },
  });
  using txn = repo.transaction();
  const checksum = commitTree(txn, tree.write(txn), {
    refs: ["test/x"],
    timestamp: 1_793_527_200,
    subject: "A small system",
    bootable: true,
    metadata: new Map([
      ["version", variant("s", "12.1")],
      ["ostree.architecture", variant("s", "x86_64")],
      ["ostree.container-cmd", variant("as", ["/usr/bin/tool", "--serve"])],
      ["aptostree.inputhash", variant("s", "0123")],
    ]),
    detached: new Map([["test.note", variant("s", "kept")]]),
  });
  txn.commit({ sync: false });
  return { repo, checksum };
}

/** Text that deflate makes a fifth of. */
function lines(word: string, count: number): string {
  return Array.from({ length: count }, (_, at) => `${word} ${(at * 7919) % 1009}\n`).join("");
}
