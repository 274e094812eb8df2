import { assertEquals } from "@std/assert";
import { COMMANDS } from "./commands.ts";
import { runCommandLine } from "./run.ts";

const INSTALL = [
  "repo r",
  "layer-repo",
  "unified-core",
  "force-nocache",
  "cache-only",
  "cachedir",
  "source-root",
  "download-only",
  "download-only-debs",
  "proxy",
  "dry-run",
  "print-only",
  "disable-selinux",
  "touch-if-changed",
  "previous-commit",
  "previous-inputhash",
  "previous-version",
  "workdir",
  "workdir-tmpfs",
  "ex-write-lockfile-to",
  "ex-lockfile",
  "ex-lockfile-strict",
];
const COMMIT = [
  "add-metadata-string",
  "add-metadata-from-json",
  "write-commitid-to",
  "write-composejson-to",
  "no-parent",
  "parent",
];

/**
 * Options of rpm-ostree's commands that ours have too: name and short letter. What a command lacks of
 * rpm-ostree's is added with the part that does it; nothing may be there under another letter.
 */
const SURFACE: Readonly<Record<string, readonly string[]>> = {
  "compose extensions": [
    ...["repo r", "layer-repo", "unified-core", "output-dir", "base-rev", "cachedir", "rootfs"],
    "touch-if-changed",
  ],
  "compose build-chunked-oci": [
    ...["rootfs", "from", "bootc", "format-version", "sign-commit", "label l", "max-layers"],
    ...["previous-build", "reference", "output"],
  ],
  "compose image": [
    ...["cachedir", "source-root", "authfile", "layer-repo", "initialize i", "initialize-mode"],
    ...["format", "force-nocache", "offline", "write-lockfile-to", "lockfile", "lockfile-strict"],
    ...["label l", "image-config", "touch-if-changed", "copy-retry-times", "max-layers"],
  ],
  "compose container-encapsulate": [
    ...["repo", "label l", "image-config", "arch", "copymeta", "copymeta-opt", "cmd", "max-layers"],
    ...[
      "format-version",
      "write-contentmeta-json",
      "compare-with-build",
      "previous-build-manifest",
    ],
  ],
  "compose commit": ["repo r", "layer-repo", "unified-core", ...COMMIT],
  "compose install": [...INSTALL, "postprocess"],
  "compose postprocess": ["unified-core"],
  "compose rootfs": ["cachedir", "ostree-repo", "source-root", "source-root-rw", "lockfile"],
  "compose tree": [...INSTALL, ...COMMIT],
  "db diff": ["repo r", "format F", "changelogs c", "advisories a", "sysroot", "base"],
  "db list": ["repo r", "advisories a"],
  "db version": ["repo r"],
  "ex scripts": [],
  "install": ["sysroot", "cache-only C", "uninstall", "allow-inactive", "idempotent"],
  "override remove": ["sysroot", "cache-only C", "replace"],
  "override replace": ["sysroot", "cache-only C", "remove"],
  "override reset": ["sysroot", "cache-only C", "all a"],
  "refresh-md": ["force f", "sysroot", "stateroot", "peer"],
  "search": [
    ...["cache-only C", "sysroot", "stateroot", "peer", "all", "allow-inactive", "apply-live A"],
    ...["assumeyes y", "disablerepo", "download-only", "dry-run n", "enablerepo", "idempotent"],
    ...["force-replacefiles", "install", "lock-finalization", "reboot r", "releasever"],
    ...["unchanged-exit-77", "uninstall"],
  ],
  "uninstall": ["sysroot", "install", "all", "allow-inactive", "idempotent"],
  "upgrade": ["sysroot", "cache-only C", "preview"],
  "status": ["verbose v", "json", "booted b", "pending-exit-77", "sysroot"],
};

/** Options that rpm-ostree does not have. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  "compose extensions": ["json"],
  "compose commit": ["no-wait", "json"],
  "compose install": ["no-wait", "json"],
  "compose postprocess": ["json"],
  "compose rootfs": ["no-wait", "json"],
  "compose tree": ["no-wait", "json"],
  "ex scripts": ["repo r", "sysroot", "verbose v", "json"],
  "install": ["preview", "verbose v", "json"],
  "override remove": ["preview", "verbose v", "json"],
  "override replace": ["preview", "verbose v", "json"],
  "override reset": ["preview", "verbose v", "json"],
  "uninstall": ["cache-only C", "preview", "verbose v", "json"],
  "upgrade": ["verbose v", "json"],
};

for (const [path, options] of Object.entries(SURFACE)) {
  Deno.test(`${path} has rpm-ostree's options under their letters, and its own`, async () => {
    const [first, second] = path.split(" ");
    const top = COMMANDS.find((entry) => entry.name === first);
    const entry = second === undefined ? top : top?.group?.find((each) => each.name === second);
    const { command } = await entry!.load!();
    const found = Object.entries(command.options).map(([name, { short }]) =>
      short ? `${name} ${short}` : name
    );
    assertEquals(found.toSorted(), [...options, ...OWN[path] ?? []].toSorted());
  });
}

async function run(...words: string[]): Promise<{ status: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const status = await runCommandLine(words, {
    print: (text) => void (out += `${text}\n`),
    printError: (text) => void (err += `${text}\n`),
    interactive: false,
    signal: new AbortController().signal,
  });
  return { status, out, err };
}

Deno.test("--help goes to standard output with status 0, no command to standard error with status 1", async () => {
  const help = await run("--help");
  assertEquals([help.status, help.err], [0, ""]);
  assertEquals(/^ {2}compose {17}\S/m.test(help.out), true);
  assertEquals(help.out.includes("  deb "), false, "a hidden command shows");
  const missing = await run("compose");
  assertEquals([missing.status, missing.out], [1, ""]);
  assertEquals((await run("compose", "tree", "--help")).out.includes("--cachedir=DIR"), true);
  assertEquals((await run("--help", "compose", "tree")).status, 0);
});

Deno.test("experimental compose has the commands that were there before they were below compose", async () => {
  for (const name of ["build-chunked-oci", "rootfs"]) {
    const [now, before] = [
      await run("compose", name, "--help"),
      await run("experimental", "compose", name, "--help"),
    ];
    assertEquals([before.status, before.err.split('"')[1]], [0, "compose …"]);
    assertEquals(before.out.replace(" experimental ", " "), now.out);
  }
  assertEquals((await run("--help")).out.includes("experimental"), false);
});

Deno.test("--version has the form that rpm-ostree's clients read", async () => {
  assertEquals(
    (await run("--version")).out,
    "apt-ostree:\n Version: '0.1.0'\n Features:\n  - deno\n  - compose\n  - container\n",
  );
});
