import { assertEquals, assertNotEquals } from "@std/assert";
import { Repo, Tree } from "@apt-ostree/ostree";
import { DRACUT } from "./dracut.ts";
import { findInitramfs, keepInitramfs } from "./initramfs_cache.ts";
import { initramfsInputs } from "./initramfs_inputs.ts";
import type { InitramfsTool } from "./initramfs_tool.ts";
import { INITRAMFS_TOOLS } from "./initramfs_tools.ts";

const HOOK = `#!/bin/sh
# No word of a comment counts: less
copy_exec /usr/bin/loadkeys /bin
for file in /usr/lib/plymouth* "/etc/console-\${kind}"; do copy_file config "$file"; done
awk '{ print }' /etc/modprobe.d/*.conf
`;

const FILES: Readonly<Record<string, string>> = {
  "usr/share/initramfs-tools/hooks/keymap": HOOK,
  "usr/share/doc/awk/copyright": "free",
  "usr/lib/modules/6.1.0/kernel/ext4.ko": "ext4",
  "usr/lib/plymouth-themes/text": "text",
  "usr/lib/mime/packages/less": "less",
  "usr/lib/x86_64-linux-gnu/libc.so.6": "libc",
  "usr/bin/loadkeys": "loadkeys",
  "usr/bin/mawk": "mawk",
  "usr/bin/less": "less",
  "usr/sbin/depmod": "depmod",
  "etc/modprobe.d/blacklist.conf": "blacklist pcspkr",
  "etc/console-setup": "us",
  "etc/motd": "hello",
};

/** Digest of the tree of FILES with changes; `null` takes a file away. */
async function digestWith(
  changes: Readonly<Record<string, string | null>>,
  tool: InitramfsTool = INITRAMFS_TOOLS,
): Promise<string> {
  const dir = await Deno.makeTempDir();
  try {
    const repo = Repo.init(dir, { mode: "archive" });
    const tree = Tree.empty(repo);
    using txn = repo.transaction();
    for (const [path, text] of Object.entries({ ...FILES, ...changes })) {
      if (text === null) continue;
      tree.mkdir(path.slice(0, path.lastIndexOf("/")));
      const bytes = new TextEncoder().encode(text);
      tree.putFile(path, txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, bytes));
    }
    tree.putLink(txn, "usr/bin/awk", "mawk");
    tree.write(txn);
    txn.commit({ sync: false });
    return initramfsInputs(repo, tree, tool);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Made here: the C library that the first call opens would seem to leak in a test. */
const UNCHANGED = await digestWith({});

const CONCERNED: readonly (readonly [string, Record<string, string | null>])[] = [
  ["a module", { "usr/lib/modules/6.1.0/kernel/ext4.ko": "ext4, mended" }],
  ["a further module", { "usr/lib/modules/6.1.0/kernel/xfs.ko": "xfs" }],
  ["a script", { "usr/share/initramfs-tools/hooks/keymap": `${HOOK}# ` }],
  ["a further script", { "etc/initramfs-tools/scripts/init-top/mine": "#!/bin/sh" }],
  ["a program that a script names", { "usr/bin/loadkeys": "loadkeys 2" }],
  ["a named program that goes", { "usr/bin/loadkeys": null }],
  ["what the link of a named program leads to", { "usr/bin/mawk": "mawk 2" }],
  ["what a pattern of a script matches", { "usr/lib/plymouth-themes/text": "text 2" }],
  ["what a variable in a script could mean", { "etc/console-setup": "de" }],
  ["a directory that a script names", { "etc/modprobe.d/mine.conf": "options a" }],
  ["a library", { "usr/lib/x86_64-linux-gnu/libc.so.6": "libc 2" }],
  ["the cache of libraries", { "etc/ld.so.cache": "libc" }],
  ["anything in /usr/sbin", { "usr/sbin/fsck.xfs": "fsck" }],
];

Deno.test.each(CONCERNED)("initramfsInputs() notices %s", async (_, changes) => {
  assertNotEquals(await digestWith(changes), UNCHANGED);
});

const UNCONCERNED: readonly (readonly [string, Record<string, string | null>])[] = [
  ["a program that only a comment names", { "usr/bin/less": "less 2" }],
  ["a further program", { "usr/bin/jq": "jq" }],
  ["a directory of /usr/lib that no script names", { "usr/lib/mime/packages/less": "less 2" }],
  ["a file of /etc that no script names", { "etc/motd": "good morning" }],
  ["documentation of a program that a script names", { "usr/share/doc/awk/copyright": "MIT" }],
];

Deno.test.each(UNCONCERNED)("initramfsInputs() passes over %s", async (_, changes) => {
  assertEquals(await digestWith(changes), UNCHANGED);
});

const DRACUT_FILES = {
  "usr/lib/dracut/modules.d/90keys/module-setup.sh": "install() { inst_multiple loadkeys; }\n",
  "usr/lib/dracut/dracut-install": "\0 less",
  "etc/dracut.conf.d/mine.conf": 'compress="zstd"\n',
};
const OF_DRACUT: readonly (readonly [string, boolean, Record<string, string>])[] = [
  ["notices a setting", true, { "etc/dracut.conf.d/mine.conf": 'compress="xz"\n' }],
  ["notices a program that a module names", true, { "usr/bin/loadkeys": "loadkeys 2" }],
  ["notices its own programs", true, { "usr/lib/dracut/dracut-install": "\0 less 2" }],
  ["passes over words in its programs", false, { "usr/bin/less": "less 2" }],
  ["passes over the other tool", false, { "usr/share/initramfs-tools/hooks/keymap": "true\n" }],
];
const UNCHANGED_DRACUT = await digestWith(DRACUT_FILES, DRACUT);

Deno.test.each(OF_DRACUT)("initramfsInputs() of dracut %s", async (_, noticed, changes) => {
  const digest = await digestWith({ ...DRACUT_FILES, ...changes }, DRACUT);
  assertEquals(digest !== UNCHANGED_DRACUT, noticed);
});

Deno.test("findInitramfs() finds what keepInitramfs() kept, for the same inputs alone", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const repo = Repo.init(dir, { mode: "archive" });
    const [inputs, others] = ["a".repeat(64), "b".repeat(64)];
    assertEquals(findInitramfs(repo, inputs), undefined);
    using txn = repo.transaction();
    const checksum = txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, new Uint8Array(2048));
    keepInitramfs(repo, txn, inputs, checksum);
    txn.commit({ sync: false });
    assertEquals(findInitramfs(repo, inputs), checksum);
    assertEquals(findInitramfs(repo, others), undefined);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
