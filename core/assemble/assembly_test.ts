import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openDeb } from "@apt-ostree/apt";
import { readXattrs } from "@apt-ostree/base";
import { Repo, type Transaction, Tree } from "@apt-ostree/ostree";
import { type DebSpec, makeDeb } from "../../tests/support/archive.ts";
import { lacks } from "../../tests/support/lacks.ts";
import { ConflictError, ImportError } from "../error.ts";
import { importDeb } from "../import/import_deb.ts";
import { type PackageCommit, readPackageCommit } from "../import/package_commit.ts";
import { packageRef } from "../import/package_ref.ts";
import { FileOwners } from "./file_owners.ts";
import { type MergeContext, mergePackage } from "./merge_packages.ts";
import { KEEP_ALL } from "./path_filter.ts";
import { configuredByDpkg, planWaves } from "./plan_waves.ts";

const ignore = Deno.uid() !== 0 || await lacks("dpkg-deb");
readXattrs("/"); // loads the C library before a test can be blamed for it

/** Imports packages into a repository of their own. */
class World {
  readonly repo: Repo;
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
    this.repo = Repo.init(`${dir}/repo`, { mode: "bare" });
  }

  async import(spec: DebSpec): Promise<PackageCommit> {
    const path = await makeDeb(this.dir, spec);
    const { control } = await openDeb(path);
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path)))
      .toHex();
    const id = {
      name: control.get("Package")!,
      version: control.get("Version")!,
      architecture: control.get("Architecture")!,
    };
    using txn = this.repo.transaction();
    const commit = await importDeb(this.repo, txn, { ...id, path, sha256 });
    txn.commit({ sync: false });
    assertEquals(this.repo.resolveRev(packageRef(id)), commit);
    return readPackageCommit(this.repo, commit)!;
  }

  /** Merge packages in order into an empty tree. */
  merge(
    packages: readonly PackageCommit[],
    options: Partial<MergeContext> = {},
  ): { tree: Tree; owners: FileOwners } {
    const tree = Tree.empty(this.repo);
    const owners = new FileOwners(this.repo);
    using txn: Transaction = this.repo.transaction();
    tree.mkdir("usr/bin");
    tree.putLink(txn, "bin", "usr/bin");
    tree.mkdir("run");
    tree.mkdir("var");
    tree.putLink(txn, "var/run", "/run");
    const accounts = { users: new Map([["root", 0]]), groups: new Map([["root", 0]]) };
    const context = {
      repo: this.repo,
      txn,
      tree,
      filter: KEEP_ALL,
      diversions: [],
      statOverrides: [],
      accounts,
      owners,
      ...options,
    };
    for (const pkg of packages) mergePackage(context, pkg);
    tree.write(txn);
    txn.commit({ sync: false });
    return { tree, owners };
  }

  text(tree: Tree, path: string): string | undefined {
    const entry = tree.lookup(path);
    return entry?.type === "file"
      ? new TextDecoder().decode(this.repo.readFile(entry.checksum))
      : undefined;
  }
}

async function inWorld(test: (world: World) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ dir: "/var/tmp" });
  try {
    await test(new World(dir));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("importDeb() keeps all that assembly needs", { ignore }, () =>
  inWorld(async (world) => {
    const pkg = await world.import({
      name: "sample",
      version: "1:2.0-1",
      fields: { "Multi-Arch": "same" },
      architecture: "amd64",
      files: { "bin/tool": "t", "etc/sample.conf": "c", "lib/x/y": "z" },
      control: {
        conffiles: "/etc/sample.conf\nremove-on-upgrade /etc/old\n",
        triggers: "activate-noawait ldconfig\n",
        postinst: "#!/bin/sh\n",
      },
    });
    assertEquals(pkg.databaseName, "sample:amd64");
    assertEquals(pkg.conffiles, [{
      path: "/etc/sample.conf",
      md5: "4a8a08f09d37b73795649038408b5f33",
    }]);
    assertEquals(
      [...pkg.info.keys()].toSorted(),
      ["conffiles", "list", "md5sums", "postinst", "triggers"].map((name) =>
        `sample:amd64.${name}`
      ),
    );
    assertEquals(pkg.scripts, ["postinst"]);
    assertEquals(pkg.triggers, "activate-noawait ldconfig\n");
    const data = Tree.fromChecksums(world.repo, pkg.data);
    assertEquals([...data.walk()].map(([path]) => path), [
      "etc",
      "etc/sample.conf",
      "usr",
      "usr/bin",
      "usr/bin/tool",
      "usr/lib",
      "usr/lib/x",
      "usr/lib/x/y",
    ]);
    const text = (name: string) =>
      new TextDecoder().decode(world.repo.readFile(pkg.info.get(`sample:amd64.${name}`)!));
    assertEquals(
      text("list"),
      "/.\n/bin\n/bin/tool\n/etc\n/etc/sample.conf\n/lib\n/lib/x\n/lib/x/y\n",
    );
    assertEquals(text("md5sums").split("\n").map((line) => line.slice(34)).toSorted(), [
      "",
      "bin/tool",
      "etc/sample.conf",
      "lib/x/y",
    ]);
  }));

Deno.test(
  "importDeb() refuses a file whose SHA-256 or control part is another",
  { ignore },
  () =>
    inWorld(async (world) => {
      const path = await makeDeb(world.dir, { name: "sample" });
      const sha256 = new Uint8Array(
        await crypto.subtle.digest("SHA-256", await Deno.readFile(path)),
      ).toHex();
      using txn = world.repo.transaction();
      const job = { name: "sample", version: "1.0", architecture: "all", path, sha256 };
      const wrong = (change: object) =>
        assertRejects(() => importDeb(world.repo, txn, { ...job, ...change }), ImportError);
      assertEquals((await wrong({ sha256: "0".repeat(64) })).code, "import/wrong-checksum");
      assertEquals((await wrong({ version: "2.0" })).code, "import/wrong-package");
    }),
);

Deno.test(
  "mergePackage() names both owners of a file, unless one replaces the other",
  { ignore },
  () =>
    inWorld(async (world) => {
      const a = await world.import({ name: "a", files: { "usr/share/x": "from a" } });
      const b = await world.import({ name: "b", files: { "usr/share/x": "from b" } });
      const c = await world.import({
        name: "c",
        fields: { Replaces: "a (<< 2)" },
        files: { "usr/share/x": "from c" },
      });
      const d = await world.import({
        name: "d",
        fields: { Replaces: "a (<< 1)" },
        files: { "usr/share/x": "from d" },
      });
      const error = assertThrows(() => world.merge([a, b]), ConflictError);
      assertEquals(error.message, 'Cannot lay out "b" 1.0: "/usr/share/x" belongs to "a" 1.0');
      const first = world.merge([a, c]);
      assertEquals(world.text(first.tree, "usr/share/x"), "from c");
      assertEquals([...first.owners.lost], [["a", new Set(["/usr/share/x"])]]);
      // The order does not matter: what is replaced never overwrites.
      assertEquals(world.text(world.merge([c, a]).tree, "usr/share/x"), "from c");
      assertThrows(() => world.merge([a, d]), ConflictError);
    }),
);

Deno.test("mergePackage() follows links to directories, and keeps directories where a link comes", {
  ignore,
}, () =>
  inWorld(async (world) => {
    const a = await world.import({
      name: "a",
      dirs: ["var/run/a", "usr/share/real"],
      files: { "bin/a": "x" },
    });
    const b = await world.import({ name: "b", links: { "usr/share/real": "elsewhere" } });
    const c = await world.import({ name: "c", files: { "usr/share/real": "a file" } });
    const { tree } = world.merge([a, b]);
    assertEquals(tree.isDir("run/a"), true);
    assertEquals(tree.linkTarget("var/run"), "/run");
    assertEquals(tree.lookup("usr/bin/a")?.type, "file");
    assertEquals(tree.isDir("usr/share/real"), true);
    assertThrows(() => world.merge([a, c]), ConflictError, '"/usr/share/real"');
    const e = await world.import({ name: "e", files: { "usr/share/real/x": "1" } });
    assertEquals(
      assertThrows(() => world.merge([c, e]), ConflictError).code,
      "merge/not-a-directory",
    );
  }));

Deno.test("mergePackage() shares equal files of one package for two architectures, and no others", {
  ignore,
}, () =>
  inWorld(async (world) => {
    const same = { name: "lib", fields: { "Multi-Arch": "same" } };
    const amd64 = await world.import({
      ...same,
      architecture: "amd64",
      files: { "usr/share/doc": "d", "usr/lib/amd64": "1" },
    });
    const i386 = await world.import({
      ...same,
      architecture: "i386",
      files: { "usr/share/doc": "d", "usr/lib/i386": "2" },
    });
    const other = await world.import({
      ...same,
      architecture: "armhf",
      files: { "usr/share/doc": "e" },
    });
    assertEquals(world.merge([amd64, i386]).tree.list("usr/lib").map(([name]) => name), [
      "amd64",
      "i386",
    ]);
    assertThrows(() => world.merge([amd64, other]), ConflictError);
  }));

Deno.test(
  "mergePackage() honours diversions and statoverrides",
  { ignore },
  () =>
    inWorld(async (world) => {
      const files = { "bin/tool": "#!", "usr/share/dir/secret": "s" };
      const a = await world.import({ name: "a", files });
      const diversions = [{ from: "/bin/tool", to: "/bin/tool.real", package: "wrapper" }];
      const statOverrides = [
        { path: "/usr/share/dir", user: "root", group: "#7", mode: 0o750 },
        { path: "/usr/share/dir/secret", user: "#5", group: "root", mode: 0o4600 },
      ];
      const { tree } = world.merge([a], { diversions, statOverrides });
      assertEquals([tree.lookup("usr/bin/tool"), tree.lookup("usr/bin/tool.real")?.type], [
        undefined,
        "file",
      ]);
      const { uid, gid, mode } = tree.meta("usr/share/dir");
      assertEquals([uid, gid, mode], [0, 7, 0o750]);
      const secret = tree.lookup("usr/share/dir/secret");
      const stat = world.repo.statFile(secret?.type === "file" ? secret.checksum : "");
      assertEquals(stat.type === "file" && [stat.uid, stat.mode], [5, 0o4600]);
      // The package that diverts keeps the name for its own file.
      const wrapper = await world.import({ name: "wrapper", files: { "bin/tool": "wrapped" } });
      const both = world.merge([a, wrapper], { diversions }).tree;
      assertEquals([world.text(both, "usr/bin/tool"), world.text(both, "usr/bin/tool.real")], [
        "wrapped",
        "#!",
      ]);
    }),
);

Deno.test(
  "planWaves() puts essential packages first, then layers, and Pre-Depends before a preinst",
  { ignore },
  () =>
    inWorld(async (world) => {
      const preinst = { preinst: "#!/bin/sh\n" };
      const specs: DebSpec[] = [
        { name: "dpkg", fields: { Essential: "yes", Depends: "libc" } },
        { name: "libc" },
        { name: "daemon", fields: { Depends: "helper" } },
        { name: "helper", fields: { "Provides": "help (= 2)" } },
        {
          name: "picky",
          fields: { "Pre-Depends": "help (>= 2)", Depends: "daemon" },
          control: preinst,
        },
        { name: "easy", fields: { "Pre-Depends": "helper" } },
        { name: "extra", fields: { Depends: "helper" } },
      ];
      const packages: PackageCommit[] = [];
      for (const spec of specs) packages.push(await world.import(spec));
      const names = (layers: string[][], fresh = true) =>
        planWaves(packages, { fresh, layers }).map((wave) =>
          wave.map((pkg) => pkg.id.name).toSorted()
        );
      const first = ["dpkg", "libc"];
      // Only what a preinst waits for comes early: all the rest is configured in one go, as by dpkg.
      assertEquals(names([["daemon", "picky", "easy", "extra=1.0"]]), [first, ["helper"], [
        "daemon",
        "easy",
        "extra",
        "picky",
      ]]);
      assertEquals(names([["daemon"], ["extra", "easy", "picky"]]), [first, [
        "daemon",
        "helper",
      ], ["easy", "extra", "picky"]]);
      assertEquals(names([], false), [["helper"], [
        "daemon",
        "dpkg",
        "easy",
        "extra",
        "libc",
        "picky",
      ]]);
    }),
);

Deno.test(
  "planWaves() has what dpkg wants configured before it unpacks a package in a step before it",
  {
    ignore,
  },
  () =>
    inWorld(async (world) => {
      const postinst = { postinst: "#!/bin/sh\n" };
      const specs: DebSpec[] = [
        { name: "init", fields: { "Pre-Depends": "manager" } },
        { name: "manager", fields: { "Pre-Depends": "tls", Depends: "lib" }, control: postinst },
        { name: "tls", control: postinst },
        { name: "lib" },
        { name: "apt" },
        { name: "other", fields: { Depends: "lib" }, control: postinst },
      ];
      const packages: PackageCommit[] = [];
      for (const spec of specs) packages.push(await world.import(spec));
      const waves = planWaves(packages, { fresh: true });
      assertEquals(waves.map((wave) => wave.map((pkg) => pkg.id.name)), [
        ["apt"],
        ["tls"],
        ["manager", "lib"],
        ["init", "other"],
      ]);
    }),
);

Deno.test("configuredByDpkg() leaves out only what no script of the same step stands on", {
  ignore,
}, () =>
  inWorld(async (world) => {
    const specs: DebSpec[] = [
      { name: "daemon", fields: { Depends: "adder" }, control: { postinst: "#!/bin/sh\n" } },
      { name: "adder", fields: { Depends: "accounts" } },
      { name: "accounts", control: { postinst: "#!/bin/sh\n" } },
      { name: "fonts", fields: { Depends: "adder" } },
    ];
    const packages: PackageCommit[] = [];
    for (const spec of specs) packages.push(await world.import(spec));
    assertEquals([...configuredByDpkg(packages)].map((pkg) => pkg.id.name).toSorted(), [
      "accounts",
      "adder",
      "daemon",
    ]);
  }));
