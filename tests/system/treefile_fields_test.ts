import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { AptOstreeError } from "@apt-ostree/base";
import { composeTree, TREEFILE_FIELDS } from "@apt-ostree/core";
import { readTreeText } from "../../core/assemble/tree_text.ts";
import {
  ed25519Verifier,
  generateEd25519Keys,
  gpgVerifier,
  Repo,
  Tree,
  type VariantDict,
  verifyCommit,
} from "@apt-ostree/ostree";
import { run } from "../support/archive.ts";
import { makeArchive, makeDeb } from "../support/archive.ts";
import { type Fixture, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";

/**
 * Every field of a treefile, each composed and observed. The trees here have no system in them: that
 * takes a second for each; fields that need one stand in treefile_system_test.ts.
 */
const ignore = Deno.uid() !== 0 || await lacks("ostree", "dpkg-deb", "dpkg-scanpackages", "gpg");

/** What a compose gave. */
interface Composed {
  readonly repo: Repo;
  /** Metadata of the commit. */
  readonly metadata: VariantDict;
  readonly checksum: string;
  readonly tree: Tree;
  readonly ref: string | undefined;
  readonly version: string | undefined;
  readonly warnings: readonly string[];
  readonly packages: readonly string[];
  /** Files of bills of materials. */
  readonly sboms: readonly string[];
  text(path: string): string | undefined;
  /** Permission bits. */
  mode(path: string): number;
}

/** One field, given and observed. */
interface Case {
  readonly field: string;
  /** A treefile; one that includes it installs `base`. */
  readonly treefile: string;
  /** Files beside the treefile. */
  readonly files?: Readonly<Record<string, string>>;
  /** Treefile that is composed before, and becomes the parent. */
  readonly before?: string;
  readonly lockfiles?: readonly string[];
  /** Sees what was composed. */
  observe?(composed: Composed, fixture: Fixture): void | Promise<void>;
  /** What the error has to say, where there is one. */
  readonly error?: RegExp;
}

const PASSWD = "root:x:0:0:root:/root:/bin/sh\nsvc:x:150:150::/:/bin/false\n";
const GROUP = "root:x:0:\nsvc:x:150:\n";

const DEBS = [
  {
    name: "base",
    files: {
      "etc/base.conf": "a\n",
      "etc/machine-id": "0123\n",
      "usr/bin/base": "#!/bin/sh\n",
      "usr/lib/os-release":
        'NAME="Test"\nVERSION="12 (book)"\nVERSION_ID="12"\nPRETTY_NAME="Test 12"\nVERSION_CODENAME=book\n',
      "usr/share/base/one": "1\n",
      "usr/share/locale/de/LC_MESSAGES/base.mo": "de\n",
      "usr/share/locale/fr/LC_MESSAGES/base.mo": "fr\n",
      "usr/share/base/two": "2\n",
      "usr/share/doc/base/copyright": "free\n",
      "usr/share/doc/base/README": "read\n",
      "opt/base/tool": "tool\n",
    },
  },
  { name: "other", files: { "usr/share/base/three": "3\n" }, fields: { Recommends: "extra" } },
  { name: "extra", files: { "usr/share/extra": "x\n" } },
  { name: "needy", fields: { Depends: "extra" }, files: { "usr/share/needy": "n\n" } },
  { name: "accounts", files: { "etc/passwd": PASSWD, "etc/group": GROUP } },
  {
    name: "accounts-moved",
    files: {
      "etc/passwd": PASSWD.replace("150:150", "160:150"),
      "etc/group": GROUP,
    },
  },
  {
    name: "accounts-less",
    files: { "etc/passwd": "root:x:0:0::/:/bin/sh\n", "etc/group": "root:x:0:\n" },
  },
  {
    name: "linux-image-1",
    files: { "boot/vmlinuz-1": "kernel\n", "usr/lib/modules/1/modules.dep": "\n" },
  },
  { name: "foreign", architecture: "i386", files: { "usr/lib/foreign": "f\n" } },
  { name: "versioned", version: "1.0", files: { "usr/share/versioned": "1\n" } },
  { name: "versioned", version: "2.0", files: { "usr/share/versioned": "2\n" } },
];

const CASES: readonly Case[] = [
  {
    field: "ref",
    treefile: "ref: a/${basearch}",
    observe: ({ ref }) => assertEquals(ref, `a/${Deno.build.arch}`),
  },
  { field: "basearch", treefile: "basearch: vax", error: /it is for vax/ },
  { field: "edition", treefile: "edition: 2024", observe: ({ tree }) => assert(tree.isDir("tmp")) },
  {
    field: "variables",
    treefile: "variables: {n: 7}\nref: v/${n}",
    observe: ({ ref }) => assertEquals(ref, "v/7"),
  },
  {
    field: "metadata",
    treefile: "metadata: {team: us}",
    observe: ({ text }) => assertMatch(text("usr/share/apt-ostree/treefile.json")!, /"team": "us"/),
  },
  {
    field: "rojig",
    treefile: "rojig: {name: a, summary: b, license: c}",
    observe: ({ warnings }) => assertMatch(warnings.join(), /"rojig" at .* has no effect/),
  },
  {
    field: "gpg-key",
    treefile: "gpg-key: nobody@example.org",
    error: /skipped "nobody@example.org": No secret key/,
  },
  {
    field: "sign",
    treefile: "sign: [{gpg: signer@example.org, homedir: signer}, {ed25519: secret}]",
    observe: async ({ checksum, repo }, { dir }) => {
      const keyring = `${dir}/signer.gpg`;
      const verifiers = [
        gpgVerifier({ keyrings: [keyring] }),
        ed25519Verifier([
          await Deno.readTextFile(`${dir}/public`),
        ]),
      ];
      for (const each of verifiers) {
        assertEquals((await verifyCommit(repo, checksum, [each])).length, 1, each.metadataKey);
      }
    },
  },
  {
    field: "add-commit-metadata",
    treefile: "add-commit-metadata: {s: text, b: true, n: 5, l: [x]}",
    observe: ({ metadata }) =>
      assertEquals(
        ["s", "b", "n", "l"].map((key) => metadata.get(key)?.type),
        ["s", "b", "x", "av"],
      ),
  },
  {
    field: "repo-metadata",
    treefile: "repo-metadata: detached",
    observe: ({ metadata, repo, checksum }) => {
      assertEquals(metadata.has("aptostree.repos"), false);
      assertEquals(repo.readDetachedMetadata(checksum)?.get("aptostree.repos")?.type, "aa{sv}");
    },
  },
  {
    field: "advisories-metadata",
    treefile: "advisories-metadata: inline",
    observe: ({ metadata }) => {
      const list = metadata.get("aptostree.advisories")?.value as unknown[][];
      assertEquals(list.map(([id, kind, , names]) => [id, kind, names]), [
        ["CVE-2026-1", 1, ["base_1.0_all"]],
      ]);
    },
  },
  {
    field: "automatic-version-prefix",
    treefile: "automatic-version-prefix: '7'",
    observe: ({ version }) => assertEquals(version, "7"),
  },
  {
    field: "automatic-version-suffix",
    before: "automatic-version-prefix: '7'",
    treefile: "automatic-version-prefix: '7'\nautomatic-version-suffix: '-'\npackages: [extra]",
    observe: ({ version }) => assertEquals(version, "7-1"),
  },
  {
    field: "mutate-os-release",
    treefile: "mutate-os-release: '12'\nautomatic-version-prefix: '12.7'",
    observe: ({ text }) =>
      assertEquals(
        text("usr/lib/os-release"),
        'NAME="Test"\nVERSION="12.7 (book)"\nVERSION_ID="12"\nPRETTY_NAME="Test 12.7"\n' +
          "VERSION_CODENAME=book\nOSTREE_VERSION='12.7'\n",
      ),
  },
  {
    field: "releasever",
    treefile: "releasever: test\nref: r/${releasever}",
    observe: ({ ref }) => assertEquals(ref, "r/test"),
  },
  {
    field: "repovars",
    treefile: "repos: [varied]\nrepovars: {place: archive}",
    files: {
      "varied.sources":
        "Types: deb\nURIs: file:DIR/$place\nSuites: ./\nSigned-By: DIR/archive/key.gpg\n",
    },
    observe: ({ packages }) => assertEquals(packages, ["base"]),
  },
  {
    field: "container-cmd",
    treefile: "container-cmd: [/bin/sh, -l]",
    observe: ({ metadata }) =>
      assertEquals(metadata.get("ostree.container-cmd")?.value, ["/bin/sh", "-l"]),
  },
  { field: "repos", treefile: "repos: [elsewhere]", error: /there is no elsewhere.sources/ },
  {
    field: "lockfile-repos",
    treefile: "lockfile-repos: [second]\npackages: [versioned, newest]",
    files: { "lock.json": '{"packages": {"newest": {"evr": "9"}}}' },
    lockfiles: ["lock.json"],
    observe: ({ packages, text }) => {
      assertEquals(packages, ["base", "newest", "versioned"]);
      assertEquals(text("usr/share/versioned"), "2\n"); // second has 3.0, which no lock names
    },
  },
  {
    field: "packages",
    treefile: "packages: ['extra other']\nrecommends: false",
    observe: ({ packages }) => assertEquals(packages, ["base", "extra", "other"]),
  },
  {
    field: "packages-ARCH",
    treefile: "packages-x86_64: [extra]\npackages-arm64: [extra]\npackages-s390x: [nothing]",
    observe: ({ packages }) => assertEquals(packages, ["base", "extra"]),
  },
  {
    field: "bootstrap-packages",
    treefile: "bootstrap-packages: [extra]",
    observe: ({ packages }) => assertEquals(packages, ["base", "extra"]),
  },
  {
    field: "repo-packages",
    treefile:
      "repos: [second]\npackages: [versioned]\nrepo-packages: [{repo: archive, packages: [versioned]}]",
    observe: ({ text }) => assertEquals(text("usr/share/versioned"), "2\n"),
  },
  {
    field: "exclude-packages",
    treefile: "packages: [needy]\nexclude-packages: [extra]",
    error: /extra/,
  },
  {
    field: "recommends",
    treefile: "packages: [other]\nrecommends: true",
    observe: ({ packages }) => assertEquals(packages, ["base", "extra", "other"]),
  },
  {
    field: "documentation",
    treefile: "documentation: false",
    observe: ({ tree }) =>
      assertEquals(
        [
          tree.lookup("usr/share/doc/base/README"),
          tree.lookup("usr/share/doc/base/copyright")?.type,
        ],
        [undefined, "file"],
      ),
  },
  { field: "platform-module", treefile: "platform-module: p", observe: hasNoEffect },
  { field: "ostree-layers", treefile: "ostree-layers: [layer]", observe: layered },
  {
    field: "ostree-override-layers",
    treefile: "ostree-override-layers: [overlay]",
    observe: ({ text }) => assertEquals(text("usr/share/base/one"), "replaced\n"),
  },
  {
    field: "boot-location",
    treefile: "boot-location: modules\nno-initramfs: true\npackages: [linux-image-1]",
    observe: kernelMoved,
  },
  {
    field: "initramfs-args",
    treefile: "initramfs-args: [-v]",
    observe: ({ metadata }) =>
      assertEquals(metadata.get("aptostree.initramfs-args")?.value, ["-v"]),
  },
  {
    field: "kernel-modules",
    treefile: "kernel-modules: [overlay]\nno-initramfs: true\npackages: [linux-image-1]",
    error: /lib\/modules\/1 lacks the module overlay \(kernel-modules\)/,
  },
  {
    field: "no-initramfs",
    treefile: "no-initramfs: true\npackages: [linux-image-1]",
    observe: kernelMoved,
  },
  {
    field: "tmp-is-dir",
    treefile: "tmp-is-dir: false",
    observe: ({ tree }) => assertEquals(tree.linkTarget("tmp"), "sysroot/tmp"),
  },
  {
    field: "opt-usrlocal",
    treefile: "opt-usrlocal: root",
    observe: ({ tree, text }) => {
      assertEquals([tree.isDir("opt"), tree.isDir("usr/local")], [true, true]);
      assertEquals(text("opt/base/tool"), "tool\n");
    },
  },
  {
    field: "machineid-compat",
    treefile: "machineid-compat: false",
    observe: ({ tree }) => assertEquals(tree.lookup("usr/etc/machine-id"), undefined),
  },
  { field: "selinux", treefile: "selinux: true", error: /"selinux" has to be false/ },
  { field: "selinux-label-version", treefile: "selinux-label-version: 1", observe: hasNoEffect },
  { field: "ima", treefile: "ima: true", error: /"ima" has to be false/ },
  {
    field: "readonly-executables",
    treefile: "readonly-executables: true",
    observe: ({ mode }) => {
      assertEquals([mode("usr/bin/base"), mode("usr/share/base/one")], [0o555, 0o644]);
    },
  },
  {
    field: "container",
    treefile: "container: true\npackages: [linux-image-1]",
    observe: ({ tree, metadata }) => {
      assertEquals(tree.lookup("boot/vmlinuz-1")?.type, "file");
      assertEquals(metadata.has("ostree.bootable"), false);
    },
  },
  { field: "ignore-devices", treefile: "ignore-devices: false", error: /has to be true/ },
  { field: "rpmdb", treefile: "rpmdb: sqlite", observe: hasNoEffect },
  { field: "rpmdb-normalize", treefile: "rpmdb-normalize: true", observe: hasNoEffect },
  {
    field: "sysusers",
    treefile: "sysusers: compose-forced",
    error: /lacks "\/usr\/bin\/systemd-sysusers"/,
  },
  {
    field: "preserve-passwd",
    before: "packages: [accounts]",
    treefile: "packages: [accounts-moved]\npreserve-passwd: false\ncheck-passwd: {type: none}",
    observe: ({ text }) => assertMatch(text("usr/etc/passwd")!, /svc:x:160:/),
  },
  {
    field: "check-passwd",
    treefile:
      "packages: [accounts]\ncheck-passwd: {type: data, entries: {svc: [151, 150], root: 0}}",
    error: /user "svc" was 151:150 and is 150:150/,
  },
  {
    field: "check-groups",
    treefile: "packages: [accounts]\ncheck-groups: {type: file, filename: groups}",
    files: { "groups": "root:x:0:\nwheel:x:10:\n" },
    error: /group "wheel" is gone/,
  },
  {
    field: "ignore-removed-users",
    before: "packages: [accounts]",
    treefile:
      "packages: [accounts-less]\nignore-removed-users: [svc]\nignore-removed-groups: ['*']",
    observe: ({ packages }) => assertEquals(packages, ["accounts-less", "base"]),
  },
  {
    field: "ignore-removed-groups",
    before: "packages: [accounts]",
    treefile: "packages: [accounts-less]\nignore-removed-users: ['*']",
    error: /group "svc" is gone/,
  },
  { field: "etc-group-members", treefile: "etc-group-members: [wheel]", observe: hasNoEffect },
  {
    field: "add-files",
    treefile: "add-files: [[tool.sh, /usr/libexec/tool], [tool.conf, /etc/tool/conf]]",
    files: { "tool.sh": "#!/bin/sh\n", "tool.conf": "x\n" },
    observe: ({ text, mode }) => {
      assertEquals([text("usr/libexec/tool"), mode("usr/libexec/tool")], ["#!/bin/sh\n", 0o755]);
      assertEquals([text("usr/etc/tool/conf"), mode("usr/etc/tool/conf")], ["x\n", 0o644]);
    },
  },
  {
    field: "remove-files",
    treefile: "remove-files: [/usr/share/base/one, /nowhere]",
    observe: ({ tree, warnings }) => {
      assertEquals(tree.lookup("usr/share/base/one"), undefined);
      assertMatch(warnings.join(), /not there: \/nowhere/);
    },
  },
  {
    field: "remove-from-packages",
    treefile:
      "packages: [other]\nrecommends: false\nremove-from-packages: [[base, /usr/share/base/.*]]",
    observe: ({ tree }) =>
      assertEquals(tree.list("usr/share/base").map(([name]) => name), ["three"]),
  },
  {
    field: "include",
    treefile: "include: more.yaml",
    files: { "more.yaml": "packages: [extra]\n" },
    observe: ({ packages }) => assertEquals(packages, ["base", "extra"]),
  },
  {
    field: "arch-include",
    treefile: "arch-include: {x86_64: {packages: [extra]}, aarch64: {packages: [extra]}}",
    observe: ({ packages }) => assertEquals(packages, ["base", "extra"]),
  },
  {
    field: "conditional-include",
    treefile: "conditional-include: [{if: basearch != vax, include: {packages: [extra]}}]",
    observe: ({ packages }) => assertEquals(packages, ["base", "extra"]),
  },
  {
    field: "apt-preferences",
    treefile:
      "packages: [versioned]\napt-preferences: |\n  Package: versioned\n  Pin: version 1.0\n  Pin-Priority: 1001\n",
    observe: ({ text }) => assertEquals(text("usr/share/versioned"), "1\n"),
  },
  {
    field: "install-langs",
    treefile: "install-langs: [de]",
    observe: ({ tree }) =>
      assertEquals(tree.list("usr/share/locale").map(([name]) => name), ["de"]),
  },
  {
    field: "path-exclude",
    treefile: "path-exclude: [/usr/share/base/*]",
    observe: ({ tree }) => assertEquals(tree.lookup("usr/share/base/one"), undefined),
  },
  {
    field: "path-include",
    treefile: "path-exclude: [/usr/share/base/*]\npath-include: [/usr/share/base/two]",
    observe: ({ text }) =>
      assertEquals([text("usr/share/base/one"), text("usr/share/base/two")], [undefined, "2\n"]),
  },
  {
    field: "checks",
    treefile: "checks: {unowned-files: error}\nadd-files: [[new, /usr/share/new]]",
    files: { "new": "x\n" },
    error: /\/usr\/share\/new/,
  },
  {
    field: "sbom",
    treefile: "sbom: [spdx, cyclonedx]",
    observe: ({ sboms }) => assertEquals(sboms.length, 2),
  },
  {
    field: "snapshot",
    treefile: "snapshot: 20260131T120000Z",
    error: /[Ss]napshot/,
  },
];

/** Fields that need a real system: treefile_system_test.ts and tests/examples have them. */
const ELSEWHERE = [
  ...["units", "default-target", "postprocess", "postprocess-script", "foreign-architectures"],
  ...["debconf", "cliwrap", "cliwrap-binaries", "variant"],
];

function hasNoEffect({ warnings }: Composed) {
  assertMatch(warnings.join(), /has no effect: /);
}

function layered({ text }: Composed) {
  assertEquals([text("usr/share/layer"), text("usr/etc/layer.conf")], ["layer\n", "conf\n"]);
}

function kernelMoved({ tree, metadata }: Composed) {
  assertEquals(tree.lookup("usr/lib/modules/1/vmlinuz")?.type, "file");
  assertEquals(tree.lookup("usr/lib/modules/1/initramfs.img"), undefined);
  assertEquals(metadata.get("ostree.linux")?.value, "1");
}

Deno.test("every field of a treefile is composed and observed", {
  ignore,
  sanitizeResources: false, // libc is opened once, and stays
}, async (t) => {
  await withFixture({ debs: DEBS, essential: false }, async (fixture) => {
    await prepare(fixture);
    for (const each of CASES) await t.step(each.field, () => check(fixture, each));
  });
});

Deno.test("every field that a treefile can have has a case here", () => {
  const covered = new Set([...CASES.map(({ field }) => field), ...ELSEWHERE]);
  const text = Deno.readTextFileSync(new URL("treefile_fields.txt", import.meta.url));
  const all = text.split("\n").filter((line) => !line.startsWith("#")).join(" ").split(/\s+/)
    .filter((word) => word !== "");
  assertEquals(all.filter((field) => !covered.has(field)), []);
  assertEquals(Object.keys(TREEFILE_FIELDS).filter((field) => !covered.has(field)), []);
});

/** A second archive, layers, a key and advisories. */
async function prepare({ dir, repo }: Fixture): Promise<void> {
  await Deno.mkdir(`${dir}/second`);
  await makeDeb(`${dir}/second`, {
    name: "versioned",
    version: "3.0",
    files: { "usr/share/versioned": "3\n" },
  });
  await makeDeb(`${dir}/second`, {
    name: "newest",
    version: "9",
    files: { "usr/share/newest": "9\n" },
  });
  const { sources } = await makeArchive(`${dir}/second`);
  await Deno.writeTextFile(`${dir}/second.sources`, sources);
  for (
    const [ref, files] of Object.entries({
      layer: { "usr/share/layer": "layer\n", "usr/etc/layer.conf": "conf\n" },
      overlay: { "usr/share/base/one": "replaced\n" },
    })
  ) {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(`${dir}/${ref}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${dir}/${ref}/${path}`, text);
    }
    await run("ostree", `--repo=${repo}`, "commit", "-b", ref, `--tree=dir=${dir}/${ref}`);
  }
  await Deno.mkdir(`${dir}/signer`, { mode: 0o700 });
  const gpg = ["gpg", "--homedir", `${dir}/signer`, "--batch", "--quiet", "--passphrase", ""];
  await run(...gpg, "--quick-generate-key", "signer@example.org", "ed25519");
  await run(...gpg, "--output", `${dir}/signer.gpg`, "--export");
  const keys = await generateEd25519Keys();
  await Deno.writeTextFile(`${dir}/secret`, `${keys.secret}\n`);
  await Deno.writeTextFile(`${dir}/public`, keys.public);
  await Deno.mkdir(`${dir}/root/etc/apt-ostree/advisories`, { recursive: true });
  const advisory = {
    base: {
      "CVE-2026-1": {
        releases: { book: { status: "resolved", fixed_version: "1.1", urgency: "high" } },
      },
    },
  };
  await Deno.writeTextFile(
    `${dir}/root/etc/apt-ostree/advisories/a.json`,
    JSON.stringify(advisory),
  );
}

async function check(fixture: Fixture, each: Case): Promise<void> {
  const { dir } = fixture;
  const warnings: string[] = [];
  const compose = async (treefile: string) =>
    await composeTree({
      treefile: await writeTreefile(fixture, each.field, treefile),
      repo: fixture.repo,
      sourceRoot: `${dir}/root`,
      lockfiles: each.lockfiles?.map((name) => `${dir}/${name}`) ?? [],
      progress: (event) => {
        if (event.type === "message" && event.level === "warning") warnings.push(event.text);
      },
    });
  for (const [name, text] of Object.entries(each.files ?? {})) {
    await Deno.writeTextFile(`${dir}/${name}`, text.replaceAll("DIR", dir));
    if (text.startsWith("#!")) await Deno.chmod(`${dir}/${name}`, 0o755);
  }
  if (each.before !== undefined) await compose(each.before);
  if (each.error) {
    const error = await assertRejects(() => compose(each.treefile)) as AptOstreeError;
    assertMatch(`${error.message}\n${error.hint}`, each.error);
    return;
  }
  const result = await compose(each.treefile);
  assert(result.kind === "committed", result.kind);
  const repo = Repo.open(fixture.repo);
  const tree = Tree.fromCommit(repo, result.commit);
  const metadata = repo.readCommit(result.commit).metadata;
  const list = metadata.get("aptostree.dpkg.pkglist")?.value as string[][];
  await each.observe?.({
    ...result,
    repo,
    tree,
    metadata,
    checksum: result.commit,
    warnings,
    packages: list.map(([name]) => name!),
    text: (path) => readTreeText(repo, tree, path),
    mode: (path) => {
      const entry = tree.require(path);
      const meta = entry.type === "file" ? repo.statFile(entry.checksum) : tree.meta(path);
      return "mode" in meta ? meta.mode & 0o7777 : 0;
    },
  }, fixture);
}

/** A treefile that includes the case's, with the package `base` and the archive. */
async function writeTreefile({ dir }: Fixture, field: string, text: string): Promise<string> {
  const path = `${dir}/tree.yaml`;
  await Deno.writeTextFile(`${dir}/case.yaml`, text);
  const ref = /^ref:/m.test(text) ? "" : `ref: test/${field.toLowerCase()}\n`;
  await Deno.writeTextFile(path, `include: case.yaml\npackages: [base]\nrepos: [archive]\n${ref}`);
  return path;
}
