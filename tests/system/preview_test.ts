import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readHostSources } from "@apt-ostree/apt";
import { type LayerChange, layerPackages, type Preview } from "@apt-ostree/core";
import { output, run } from "../support/archive.ts";
import { lacks } from "../support/lacks.ts";
import { withBase } from "../support/layer_fixture.ts";
import { diffSnapshots, type Snapshot, takeSnapshot } from "../support/snapshot.ts";
import { addKernel, deploySystem, makeSysroot, releaseSysroot } from "../support/sysroot.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg", "sha256sum", "chattr");
const ROOT = new URL("../..", import.meta.url).pathname;

async function aptOstree(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(`${ROOT}bin/apt-ostree`, {
    args,
    env: { APT_OSTREE_DENO: Deno.execPath() },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Preview, and prove that the sysroot stays what it was but for the cache. */
async function preview(sysroot: string, ...args: string[]): Promise<Preview> {
  const before = await manifest(sysroot);
  const { code, stdout, stderr } = await aptOstree(
    ...args,
    "--preview",
    "--json",
    `--sysroot=${sysroot}`,
  );
  assertEquals(code, 0, stderr);
  assertEquals(diffSnapshots(before, await manifest(sysroot)), []);
  return JSON.parse(stdout);
}

async function manifest(sysroot: string): Promise<Snapshot> {
  const all = await takeSnapshot(sysroot);
  const cache = /^ostree\/repo\/extensions(\/aptostree(\/.*)?)?$/;
  return new Map([...all].filter(([path]) => !cache.test(path)));
}

/** What differs between two commits, by checkouts of the real ostree that others look at. */
async function judgedDifference(
  dir: string,
  repo: string,
  from: string,
  to: string,
): Promise<string[]> {
  const snapshots: Snapshot[] = [];
  for (const rev of [from, to]) {
    await run("ostree", "checkout", "--force-copy", `--repo=${repo}`, rev, `${dir}/checkout`);
    snapshots.push(await takeSnapshot(`${dir}/checkout`));
    await Deno.remove(`${dir}/checkout`, { recursive: true });
  }
  return diffSnapshots(snapshots[0]!, snapshots[1]!).map(({ path, before, after }) => {
    const plain = (state: string | undefined) => state?.replace(/^(file .*) \S+$/, "$1");
    return `${before ? (after ? "~" : "-") : "+"} /${path}: ${plain(before) ?? ""} => ${
      plain(after) ?? ""
    }`;
  });
}

/** The same, as a preview tells it. */
function toldDifference({ files }: Preview): string[] {
  const state = (each: Preview["files"][number]["before"]) => {
    if (!each) return "";
    const mode = each.type === "symlink" ? "" : ` ${each.mode.toString(8)}`;
    const content = each.type === "file" ? "" : ` ${each.target ?? ""}`;
    return `${each.type}${mode} ${each.uid}:${each.gid}${content}`;
  };
  return files.map(({ path, before, after }) =>
    `${before ? (after ? "~" : "-") : "+"} ${path}: ${state(before)} => ${state(after)}`
  ).toSorted((a, b) => a.slice(2) < b.slice(2) ? -1 : 1);
}

/** Objects of files by path, as the real ostree has them. */
async function objects(repo: string, rev: string): Promise<Map<string, string>> {
  const text = await output("ostree", "ls", "-RC", `--repo=${repo}`, rev);
  return new Map(
    text.split("\n").flatMap((line) => {
      const found = /^-\d+ \d+ \d+ +\d+ ([0-9a-f]{64}) (\/.*)$/.exec(line);
      return found ? [[found[2]!, found[1]!] as const] : [];
    }),
  );
}

const FIVE = ["openssh-server", "nginx-light", "chrony", "sudo", "redis-server"];

Deno.test("the preview of five real packages is what installing them does, file by file", {
  ignore,
}, async () => {
  await Deno.mkdir(`${ROOT}build/test-cache`, { recursive: true });
  const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
  const sysroot = `${dir}/sysroot`;
  try {
    const repo = `${dir}/repo`;
    await run("ostree", "init", `--repo=${repo}`, "--mode=bare");
    await Deno.writeTextFile(
      `${dir}/base.yaml`,
      "ref: test/plain\nrecommends: false\npackages: [usr-is-merged, apt, systemd-sysv, adduser, dbus]\n",
    );
    const composed = await aptOstree(
      ...["compose", "tree", `--repo=${repo}`, `--cachedir=${ROOT}build/test-cache/preview`],
      `${dir}/base.yaml`,
    );
    assertEquals(composed.code, 0, composed.stderr);
    await addKernel(repo, "test/plain", "test/base");
    await makeSysroot(sysroot, repo);
    const sources = readHostSources();
    const deployment = await deploySystem(sysroot, { repo, ref: "test/base", sources: "" });
    await Deno.remove(`${deployment.path}/etc/apt/sources.list.d/test.sources`);
    for (const { name, text } of sources) {
      const base = name.slice(name.lastIndexOf("/") + 1);
      await Deno.writeTextFile(`${deployment.path}/etc/apt/sources.list.d/${base}`, text);
    }
    // Somebody has set things up by hand already.
    await Deno.mkdir(`${deployment.path}/etc/redis`);
    await Deno.writeTextFile(`${deployment.path}/etc/redis/redis.conf`, "port 7\n");

    const told = await preview(sysroot, "install", ...FIVE);
    const host = `${sysroot}/ostree/repo`;
    const layered = await layerPackages({
      repo: host,
      base: deployment.checksum,
      change: { install: FIVE },
      sources,
      ref: "test/layered",
    });
    assert(layered.kind === "layered");

    const judged = await judgedDifference(dir, host, deployment.checksum, "test/layered");
    assertEquals(toldDifference(told), judged.toSorted((a, b) => a.slice(2) < b.slice(2) ? -1 : 1));
    assert(judged.length > 500, `only ${judged.length} paths differ`);
    const after = await objects(host, "test/layered");
    const others = told.files.filter(({ path, after: state }) =>
      state?.type === "file" && state.object !== after.get(path)
    ).map(({ path }) => path);
    assertEquals(others, [], "the content of these files is another one");

    const added = new Set(told.packages.added.map((each) => each.name));
    assertEquals(FIVE.filter((name) => !added.has(name)), []);
    assertEquals(told.packages, layered.difference);
    assertEquals(
      told.users.added.filter((name) => ["_chrony", "redis", "sshd"].includes(name)),
      ["_chrony", "redis", "sshd"],
    );
    const units = new Map(told.units.map((each) => [each.name, each]));
    for (const name of ["ssh", "nginx", "chrony", "redis-server"]) {
      const { change, enabled } = units.get(`${name}.service`)!;
      assertEquals([name, change, enabled], [name, "added", true]);
    }
    assertEquals(told.etc, [{
      path: "/etc/redis/redis.conf",
      local: "added",
      update: "added",
      same: false,
      package: "redis-server",
    }]);
    // Caches of /var, which no commit has, differ from run to run.
    const effects = (scripts: Preview["scripts"]) =>
      scripts.map(({ package: name, script, args, status, calls, files, users, groups }) => ({
        ran: [name, script, ...args, status],
        calls: calls.map(({ program, argv, status }) => [program, ...argv, status ?? "-"]),
        files: files.map(({ path, before, after }) => [path, before?.type, after?.type]),
        accounts: [users, groups],
      }));
    assertEquals(effects(told.scripts), effects(layered.scripts));
    assert(told.size.download > 1_000_000 && told.size.system > told.size.download);
  } finally {
    await releaseSysroot(sysroot);
    await Deno.remove(dir, { recursive: true });
  }
});

const KEEPER = {
  name: "keeper",
  files: { "etc/keeper.conf": "shipped\n", "etc/keeper.d/own": "o\n", "usr/share/keeper": "1\n" },
  control: { conffiles: "/etc/keeper.conf\n/etc/keeper.d/own\n" },
};
const NEWER = {
  ...KEEPER,
  version: "2.0",
  files: { "etc/keeper.conf": "new\n", "etc/keeper.d/own": "o\n", "usr/share/keeper": "2\n" },
};
const EXTRA = { name: "extra", files: { "usr/share/extra": "e\n" } };

Deno.test("upgrade, install, uninstall and override show what they would do, and do nothing", {
  ignore,
}, () =>
  withBase({ base: [KEEPER], offers: [EXTRA] }, async (fixture) => {
    const { dir, repo } = fixture;
    const sysroot = `${dir}/sysroot`;
    try {
      const names = (preview: Preview, key: "added" | "removed") =>
        preview.packages[key].map((each) => each.name);
      const paths = (preview: Preview) =>
        toldDifference(preview).map((line) => line.replace(/: .*/, "")).filter((line) =>
          !line.includes("/usr/lib/sysimage/dpkg/")
        );
      await addKernel(repo, "test/x", "test/base");
      await makeSysroot(sysroot, repo);
      const sources = await Deno.readTextFile(`${dir}/archive.sources`);
      const first = await deploySystem(sysroot, { repo, ref: "test/base", sources });
      const etc = `${first.path}/etc`;
      await Deno.writeTextFile(`${etc}/keeper.conf`, "mine\n");
      await Deno.writeTextFile(`${etc}/keeper.d/own`, "mine\n");

      const local = await fixture.deb({ name: "by-hand", files: { "usr/share/hand": "h\n" } });
      const install = await preview(sysroot, "install", "extra", local);
      assertEquals([names(install, "added"), install.size.download > 0], [
        ["by-hand", "extra"],
        true,
      ]);
      assertEquals(paths(install), ["+ /usr/share/extra", "+ /usr/share/hand"]);
      assertEquals(install.size.system >= 4, true);
      assertEquals(install.etc, []);

      const replace = await preview(
        sysroot,
        "override",
        "replace",
        await fixture.deb(NEWER),
      );
      assertEquals(paths(replace), ["~ /usr/etc/keeper.conf", "~ /usr/share/keeper"]);
      const merge = { path: "/etc/keeper.conf", local: "changed", update: "changed" } as const;
      assertEquals(replace.etc, [{ ...merge, same: false, package: "keeper" }]);
      const remove = await preview(sysroot, "override", "remove", "keeper");
      assertEquals(names(remove, "removed"), ["keeper"]);

      // What the vendor offers is newer than what is deployed: nothing of it comes to stay.
      assertEquals((await preview(sysroot, "upgrade")).files, []);
      await upgradeBase(fixture, { replaceDebs: [await fixture.deb(NEWER)] });
      const upgrade = await preview(sysroot, "upgrade");
      assertEquals([upgrade.newBase, paths(upgrade)], [true, paths(replace)]);
      assertEquals(upgrade.packages.upgraded.map((each) => [each.name, each.to.version]), [
        ["keeper", "2.0"],
      ]);
      assertEquals(upgrade.etc, replace.etc);

      const shown = await aptOstree("upgrade", "--preview", `--sysroot=${sysroot}`);
      assertStringIncludes(shown.stdout, "Upgraded:\n  keeper 1.0 -> 2.0\n");
      assertStringIncludes(
        shown.stdout,
        "\n  /etc/keeper.conf (conffile of keeper): changed here, changed by the update\n",
      );
      assertStringIncludes(shown.stdout, "Nothing was changed");
      const without = await aptOstree("install", `--sysroot=${sysroot}`, "extra");
      assertEquals(without.code, 1);
      assertStringIncludes(without.stderr, "code: cli/no-transactions");

      // A deployment that has a layer: taking it away is the base again.
      const layered = await layerPackages({
        repo: `${sysroot}/ostree/repo`,
        base: first.checksum,
        change: { install: ["extra"] },
        sources: [{ name: "archive.sources", text: sources }],
        ref: "layered",
      });
      assert(layered.kind === "layered");
      await run("ostree", "pull-local", `--repo=${repo}`, `${sysroot}/ostree/repo`, "layered");
      const origin = "[origin]\nbaserefspec=vendor:test/base\n[packages]\nrequested=extra;\n";
      await deploySystem(sysroot, { repo, ref: "layered", sources, origin });
      const uninstall = await preview(sysroot, "uninstall", "extra");
      assertEquals([names(uninstall, "removed"), paths(uninstall)], [
        ["extra"],
        ["- /usr/share/extra"],
      ]);
      assertEquals(uninstall.base, first.checksum);
      const both = await preview(sysroot, "upgrade");
      assertEquals([both.newBase, names(both, "added"), names(both, "removed")], [true, [], []]);
      assertEquals(both.packages.upgraded.map((each) => each.name), ["keeper"]);
      const twice = await aptOstree("install", "--preview", `--sysroot=${sysroot}`, "extra");
      assertStringIncludes(twice.stderr, "code: host/already-requested");
    } finally {
      await releaseSysroot(sysroot);
    }
  }));

/** Give the ref that deployments follow a commit that is changed. */
async function upgradeBase(
  { repo, layer }: {
    readonly repo: string;
    layer(change: LayerChange, options?: { readonly base: string; readonly ref: string }): Promise<
      unknown
    >;
  },
  change: LayerChange,
): Promise<void> {
  await layer(change, { base: "test/base", ref: "test/next" });
  // As a compose has it: no layer of a host.
  await run(
    ...["ostree", "commit", `--repo=${repo}`, "--branch=test/base", "--tree=ref=test/next"],
  );
}
