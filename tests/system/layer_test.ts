import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { ConflictError, LayerError } from "@apt-ostree/core";
import { AptError } from "@apt-ostree/apt";
import { ScriptError } from "@apt-ostree/sandbox";
import { output } from "../support/archive.ts";
import { changes, judge, type LayerFixture, withBase } from "../support/layer_fixture.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg");

/** Says in a file which scripts ran, with which arguments, and what was there then. */
function logging(name: string, version: string, more = ""): Record<string, string> {
  const script = (kind: string) =>
    `#!/bin/sh\nset -e\necho "${kind} ${version} $*" \\\n` +
    `  "$(cat /usr/share/${name}/version 2> /dev/null)" >> /usr/share/${name}.log\n${more}`;
  return Object.fromEntries(
    ["preinst", "postinst", "prerm", "postrm"].map((kind) => [kind, script(kind)]),
  );
}

const text = (system: string, path: string) => Deno.readTextFileSync(`${system}/${path}`);
const differences = (a: string, b: string) =>
  output("sh", "-c", 'diff -rN "$1" "$2" || true', "sh", a, b);
const version = async (system: string, name: string) =>
  await output("chroot", system, "dpkg-query", "-W", "-f", "${Status} ${Version}", name);

Deno.test(
  "a package without scripts is added without a sandbox, and nothing else changes",
  {
    ignore,
  },
  () =>
    withBase({ offers: [{ name: "plain", files: { "usr/share/plain/x": "1\n" } }] }, async (f) => {
      const runs: string[] = [];
      const { hostRunner } = await import("@apt-ostree/base");
      const result = await f.change({ install: ["plain"] }, {
        runner: {
          run: (argv, options) => {
            runs.push(argv[0]!);
            return hostRunner.run(argv, options);
          },
        },
      });
      assertEquals(result.difference.added, [{
        name: "plain",
        version: "1.0",
        architecture: "all",
      }]);
      assertEquals(runs.filter((program) => !/^(\/usr\/lib\/apt\/)?apt-/.test(program)), []);
      assertEquals(await changes(f), [
        "A /usr/lib/sysimage/dpkg/info/plain.list",
        "A /usr/lib/sysimage/dpkg/info/plain.md5sums",
        "A /usr/share/plain",
        "A /usr/share/plain/x",
        "M /usr/lib/sysimage/dpkg/status",
      ]);
      const system = await judge(f);
      assertEquals(await version(system, "plain"), "install ok installed 1.0");
      assertEquals(
        (await output("ostree", "rev-parse", `--repo=${f.repo}`, "test/y^")).trim(),
        result.base,
      );
    }),
);

const DAEMON = {
  name: "daemon",
  fields: { Depends: "adduser, helper (>= 1)" },
  files: { "etc/daemon.conf": "a=1\n", "var/lib/daemon/seed": "s\n", "opt/daemon/x": "x\n" },
  control: {
    conffiles: "/etc/daemon.conf\n",
    postinst: `#!/bin/sh
set -e
test -d /var/log
test -e /usr/share/helper/ready
adduser --system --group --home /var/lib/daemon servd
install -d -o servd -g servd /var/lib/daemon/spool
deb-systemd-invoke start daemon.service
`,
  },
};
const HELPER = {
  name: "helper",
  files: { "usr/share/helper/x": "" },
  control: { postinst: "#!/bin/sh\ntouch /usr/share/helper/ready\n" },
};

Deno.test(
  "packages with scripts give what a compose of base and packages gives",
  { ignore },
  () =>
    withBase({ offers: [DAEMON, HELPER] }, async (f) => {
      const result = await f.change({ install: ["daemon"] });
      assertEquals(result.calls.map((call) => `${call.program} ${call.action}`), [
        "adduser run",
        "groupadd run",
        "useradd run",
        "deb-systemd-invoke ignore",
      ]);
      const system = await judge(f);
      assertStringIncludes(text(system, "usr/lib/sysusers.d/apt-ostree.conf"), "u servd ");
      const again = await f.change({ install: ["daemon"] });
      assertEquals(again.commit, result.commit);
      const same = await f.layer({ install: ["daemon"] }, { previous: "test/y" });
      assertEquals([same.kind, same.commit], ["unchanged", result.commit]);

      const treefile = `${f.dir}/both.yaml`;
      await Deno.writeTextFile(
        treefile,
        "ref: test/both\nrepos: [archive]\nrecommends: false\n" +
          "packages: [usr-is-merged, apt, daemon]\n",
      );
      const composed = await f.compose(treefile);
      assertEquals(composed.code, 0, composed.stderr);
      const differ = await output("ostree", "diff", `--repo=${f.repo}`, "test/both", "test/y");
      // The list of packages asked for is the treefile's own.
      assertEquals(differ, "M    /usr/share/apt-ostree/treefile.json\n");
    }),
);

const APP1 = {
  name: "app",
  version: "1.0",
  files: {
    "usr/share/app/version": "1",
    "usr/share/app/only-old/file": "",
    "etc/app/plain.conf": "plain 1\n",
    "etc/app/edited.conf": "edited 1\n",
    "etc/app/gone.conf": "gone 1\n",
    "etc/app/deleted.conf": "deleted 1\n",
  },
  control: {
    ...logging("app", "1.0"),
    conffiles:
      "/etc/app/plain.conf\n/etc/app/edited.conf\n/etc/app/gone.conf\n/etc/app/deleted.conf\n",
    triggers: "interest-noawait old-trigger\n",
  },
};
const APP2 = {
  ...APP1,
  version: "2.0",
  files: {
    "usr/share/app/version": "2",
    "usr/share/app/only-new/file": "",
    "etc/app/plain.conf": "plain 2\n",
    "etc/app/edited.conf": "edited 2\n",
    "etc/app/deleted.conf": "deleted 2\n",
  },
  control: {
    ...logging("app", "2.0"),
    conffiles: "/etc/app/plain.conf\n/etc/app/edited.conf\n/etc/app/deleted.conf\n",
    triggers: "interest-noawait new-trigger\n",
  },
};
const EDIT = "postprocess:\n  - echo mine > /etc/app/edited.conf; rm /etc/app/deleted.conf\n";

async function checkUpgrade(f: LayerFixture): Promise<void> {
  const system = await f.system();
  assertEquals(text(system, "usr/share/app.log").split("\n"), [
    "preinst 1.0 install ",
    "postinst 1.0 configure  1",
    "prerm 1.0 upgrade 2.0 1",
    "preinst 2.0 upgrade 1.0 2.0 1",
    "postrm 1.0 upgrade 2.0 2",
    "postinst 2.0 configure 1.0 2",
    "",
  ]);
  assertEquals(await version(system, "app"), "install ok installed 2.0");
  assertEquals(await output("chroot", system, "dpkg", "--audit"), "");
  const lines = await output("sh", "-c", 'cd "$1"/etc/app && grep "" *', "sh", system);
  assertEquals(
    lines,
    [
      "deleted.conf.dpkg-dist:deleted 2\n",
      "edited.conf:mine\n",
      "edited.conf.dpkg-dist:edited 2\n",
      "gone.conf:gone 1\n",
      "plain.conf:plain 2\n",
    ].join(""),
  );
  const shared = [...Deno.readDirSync(`${system}/usr/share/app`)].map((each) => each.name);
  assertEquals(shared.toSorted(), ["only-new", "version"]);
  const triggers = [...Deno.readDirSync(`${system}/usr/lib/sysimage/dpkg/triggers`)];
  assertEquals(triggers.map((each) => each.name).filter((name) => /trigger/.test(name)), [
    "new-trigger",
  ]);
}

Deno.test("an upgrade runs what dpkg would, in its order, and keeps edited conffiles", {
  ignore,
}, () =>
  withBase({ base: [APP1], offers: [APP2], treefile: EDIT }, async (f) => {
    const { difference } = await f.change({ upgrade: "all" });
    assertEquals(difference.upgraded.map((each) => each.to.version), ["2.0"]);
    await checkUpgrade(f);
    await f.change({ upgrade: ["app"] });
    await checkUpgrade(f);

    // The same by dpkg itself, on a checkout of the base, whose lists leave out what is not there.
    const real = `${f.dir}/real`;
    await output("ostree", "checkout", "--force-copy", `--repo=${f.repo}`, "test/x", real);
    const script = `cd "$1" && cp -a usr/etc etc && mkdir -p var/lib &&
      ln -s ../../usr/lib/sysimage/dpkg var/lib/dpkg && cp "$2"/archive/app_2.0_all.deb . &&
      echo /etc/app/deleted.conf >> var/lib/dpkg/info/app.list &&
      unshare --mount --net chroot . dpkg --force-confdef --force-confold --install app_2.0_all.deb`;
    await output("sh", "-ec", script, "sh", real, f.dir);
    const system = await f.system();
    for (const path of ["etc/app", "usr/share/app", "usr/share/app.log"]) {
      assertEquals(await differences(`${real}/${path}`, `${system}/${path}`), "");
    }
    const stanza = (root: string) => output("chroot", root, "dpkg-query", "--status", "app");
    assertEquals(await stanza(system), await stanza(real));
    const info = "usr/lib/sysimage/dpkg/info";
    await output("sed", "-i", "/deleted.conf/d", `${real}/${info}/app.list`);
    for (const name of ["list", "conffiles", "triggers", "postinst"]) {
      const files = [real, system].map((root) => `${root}/${info}/app.${name}`);
      assertEquals(await differences(files[0]!, files[1]!), "");
    }
  }));

Deno.test(
  "a downgrade is a replacement by an exact version",
  { ignore },
  () =>
    withBase({ base: [{ ...APP2, version: "3.0" }], offers: [APP1] }, async (f) => {
      const { difference } = await f.change({ replace: ["app=1.0"] });
      assertEquals(difference.downgraded.map((each) => `${each.from.version} ${each.to.version}`), [
        "3.0 1.0",
      ]);
      const system = await judge(f);
      assertEquals(await version(system, "app"), "install ok installed 1.0");
    }),
);

Deno.test(
  "a removal is dpkg's own, and what belongs to the package goes",
  { ignore },
  () =>
    withBase({ base: [APP1] }, async (f) => {
      const { difference } = await f.change({ remove: ["app"] });
      assertEquals(difference.removed.map((each) => each.name), ["app"]);
      const system = await judge(f);
      assertEquals(await version(system, "app"), "deinstall ok config-files 1.0");
      assertMatch(text(system, "usr/share/app.log"), /prerm 1.0 remove 1\npostrm 1.0 remove \n$/);
      assertEquals(text(system, "etc/app/plain.conf"), "plain 1\n");
      await f.change({ remove: ["app"], purge: true });
      await assertRejects(() => Deno.stat(`${f.dir}/x`));
      const purged = await judge(f);
      await assertRejects(() => Deno.stat(`${purged}/etc/app`), Deno.errors.NotFound);
    }),
);

const OPT = (version: string, more: string) => ({
  name: "vendor",
  version,
  files: { "opt/vendor/tool": version, [`opt/vendor/${more}`]: "", "usr/share/vendor/x": "" },
});

Deno.test(
  "what a package of the base ships in /opt is known to dpkg where it lies, and goes with it",
  { ignore },
  () =>
    withBase({ base: [OPT("1.0", "old")], offers: [OPT("2.0", "new")] }, async (f) => {
      const owner = (system: string) =>
        output("chroot", system, "dpkg", "-S", "/usr/lib/opt/vendor/tool");
      const inOpt = (system: string) =>
        [...Deno.readDirSync(`${system}/usr/lib/opt/vendor`)].map(({ name }) => name).sort();
      await f.change({ replace: ["vendor=2.0"] });
      const system = await judge(f);
      assertEquals(await owner(system), "vendor: /usr/lib/opt/vendor/tool\n");
      assertEquals(inOpt(system), ["new", "tool"]);
      // On top of what was layered just so: what lies there goes with the package.
      await f.change({ remove: ["vendor"] }, { base: "test/y", ref: "test/y" });
      const without = await judge(f);
      assertEquals(await version(without, "vendor").catch(() => "unknown"), "unknown");
      await assertRejects(() => Deno.stat(`${without}/usr/lib/opt`), Deno.errors.NotFound);
      assertEquals(/\/opt\/./.test(text(without, "usr/lib/tmpfiles.d/apt-ostree.conf")), false);
    }),
);

const kernel = (release: string, modules: string) => ({
  name: `linux-image-${release}`,
  files: {
    [`boot/vmlinuz-${release}`]: "kernel\n",
    [`usr/lib/modules/${release}/modules.dep`]: "\n",
    [`usr/lib/modules/${release}/modules.builtin`]: modules,
  },
});
const OVERLAY = "kernel/fs/overlayfs/overlay.ko\n";

Deno.test("a kernel takes the place of the base's, with the modules that the treefile asks for", {
  ignore,
}, () =>
  withBase({
    base: [kernel("1-a", OVERLAY)],
    offers: [kernel("2-a", OVERLAY), kernel("3-a", "kernel/fs/ext4/ext4.ko\n")],
    treefile: "no-initramfs: true\nkernel-modules: [overlay]\n",
  }, async (f) => {
    const { difference } = await f.change({ install: ["linux-image-2-a"] });
    assertEquals(difference.removed.map(({ name }) => name), ["linux-image-1-a"]);
    const system = await judge(f);
    const modules = [...Deno.readDirSync(`${system}/usr/lib/modules`)].map(({ name }) => name);
    assertEquals(modules, ["2-a"]);
    assertEquals(text(system, "usr/lib/modules/2-a/vmlinuz"), "kernel\n");
    const error = await assertRejects(() => f.layer({ install: ["linux-image-3-a"] }), LayerError);
    assertEquals(
      [error.code, error.message],
      [
        "layer/kernel-modules",
        'Cannot change the kernel of the base: "/usr/lib/modules/3-a" lacks the module overlay',
      ],
    );
  }));

Deno.test(
  "the kernels of a container's tree stay where their packages put them",
  { ignore },
  () =>
    withBase({
      base: [kernel("1-a", "")],
      offers: [kernel("2-a", ""), HELPER],
      treefile: "container: true\n",
    }, async (f) => {
      const { difference } = await f.change({ install: ["linux-image-2-a", "helper"] });
      assertEquals(difference.removed, []);
      const system = await judge(f);
      const boot = [...Deno.readDirSync(`${system}/boot`)].map(({ name }) => name);
      assertEquals(boot.sort(), ["vmlinuz-1-a", "vmlinuz-2-a"]);
      assertEquals(
        await output(
          "ostree",
          "show",
          `--repo=${f.repo}`,
          "--print-metadata-key=ostree.linux",
          "test/y",
        ).catch(() => "none"),
        "none",
      );
    }),
);

Deno.test("a .deb of this machine is added, or takes the place of a package of the base", {
  ignore,
}, () =>
  withBase({ base: [APP1], offers: [HELPER] }, async (f) => {
    const local = await f.deb({
      name: "local",
      fields: { Depends: "helper" },
      files: { "usr/share/l": "" },
    });
    const { plan } = await f.change({ localDebs: [local] });
    assertEquals(plan.packages.map((each) => `${each.name} ${each.reason}`), [
      "helper dependency",
      "local requested",
    ]);
    await judge(f);
    const other = await f.deb({ ...APP2, version: "0.9" });
    const error = await assertRejects(() => f.layer({ localDebs: [other] }), LayerError);
    assertEquals(error.code, "layer/already-in-base");
    await f.change({ replaceDebs: [other] });
    assertEquals(await version(await judge(f), "app"), "install ok installed 0.9");
    const shown = await output(
      "ostree",
      "show",
      `--repo=${f.repo}`,
      "--print-metadata-key=aptostree.replaced-base-packages",
      "test/y",
    );
    assertStringIncludes(shown, "'app_0.9_all'");
    assertStringIncludes(shown, "'app_1.0_all'");
  }));

Deno.test(
  "a preinst can divert a file of the base, and the base's file stays under the other name",
  {
    ignore,
  },
  () =>
    withBase({
      base: [{ name: "tool", files: { "usr/bin/tool": "real\n" } }],
      offers: [{
        name: "wrapper",
        files: { "usr/bin/tool": "wrapped\n" },
        control: {
          preinst: "#!/bin/sh\nset -e\n" +
            "dpkg-divert --package wrapper --add --rename --divert /usr/bin/tool.real /usr/bin/tool\n",
        },
      }, { name: "tool", version: "2.0", files: { "usr/bin/tool": "real 2\n" } }],
    }, async (f) => {
      await f.change({ install: ["wrapper"] });
      const system = await judge(f);
      assertEquals(text(system, "usr/bin/tool"), "wrapped\n");
      assertEquals(text(system, "usr/bin/tool.real"), "real\n");
      await f.change({ upgrade: ["tool"] }, { base: "test/y", ref: "test/y" });
      const upgraded = await judge(f);
      assertEquals(text(upgraded, "usr/bin/tool"), "wrapped\n");
      assertEquals(text(upgraded, "usr/bin/tool.real"), "real 2\n");
    }),
);

Deno.test(
  "what stands in the way is said in a sentence, and nothing changes",
  { ignore },
  () =>
    withBase({
      base: [
        { name: "lib", version: "1.0", files: { "usr/share/lib/x": "1\n" } },
        { name: "uses-lib", fields: { Depends: "lib (>= 1)" } },
        { name: "rival", version: "1.5" },
      ],
      offers: [
        { name: "lib", version: "2.0" },
        { name: "wants-new", fields: { Depends: "lib (>= 2)" } },
        { name: "hostile", fields: { Conflicts: "rival" } },
        { name: "thief", files: { "usr/share/lib/x": "2\n" } },
        { name: "lost", fields: { Depends: "nowhere" } },
        {
          name: "broken",
          control: { postinst: "#!/bin/sh\necho it is all wrong >&2\nexit 7\n" },
        },
      ],
    }, async (f) => {
      const before = await output("ostree", "refs", "--list", `--repo=${f.repo}`);
      const fails = async (
        change: Parameters<typeof f.layer>[0],
        code: string,
        message: string,
      ) => {
        const error = await assertRejects(() => f.layer(change), Error);
        assertEquals([(error as LayerError).code, error.message], [code, message]);
        return (error as LayerError).hint ?? "";
      };
      assertEquals(
        await fails(
          { install: ["wants-new"] },
          "layer/changes-base",
          'Cannot add "wants-new" to the base: "wants-new" 1.0 needs "lib" >= 2, the base has 1.0',
        ),
        "Replace lib in the same step; or update the base",
      );
      assertEquals(
        await fails(
          { install: ["hostile"] },
          "layer/changes-base",
          'Cannot add "hostile" to the base: "hostile" 1.0 conflicts with "rival" 1.5 of the base',
        ),
        "Remove rival in the same step; or update the base",
      );
      await fails(
        { remove: ["lib"] },
        "layer/breaks-base",
        'Cannot remove "lib": "uses-lib" 1.0 needs "lib"',
      );
      await fails(
        { install: ["lib"] },
        "layer/already-in-base",
        'Cannot add "lib": it is in the base already, at 1.0',
      );
      await fails(
        { remove: ["libb"] },
        "layer/not-in-base",
        'Cannot remove "libb": the base has no such package',
      );
      assertMatch(
        (await assertRejects(() => f.layer({ remove: ["dpkg"] }), LayerError)).message,
        /^Cannot remove "dpkg": it is essential/,
      );
      const missing = await assertRejects(() => f.layer({ install: ["lost"] }), AptError);
      assertMatch(missing.message, /"?lost"?.*nowhere/);
      const unknown = await assertRejects(() => f.layer({ install: ["brokn"] }), AptError);
      assertEquals([unknown.code, unknown.hint], ["apt/no-such-package", "Did you mean broken?"]);
      const conflict = await assertRejects(() => f.layer({ install: ["thief"] }), ConflictError);
      assertEquals(
        conflict.message,
        'Cannot lay out "thief" 1.0: "/usr/share/lib/x" belongs to "lib" 1.0',
      );
      const script = await assertRejects(() => f.layer({ install: ["broken"] }), ScriptError);
      assertMatch(script.message, /"broken": its postinst ended with status 7\n.*all wrong/s);
      assertEquals(
        await output("ostree", "refs", "--list", `--repo=${f.repo}`),
        before,
      );
      // In one step with what stands in the way it goes.
      await f.change({ install: ["wants-new"], replace: ["lib"] });
      await f.change({ install: ["hostile"], remove: ["rival"] });
      await f.change({ remove: ["lib", "uses-lib"] });
      const inactive = await f.layer({ install: ["lib"], allowInactive: true });
      assertEquals([inactive.kind, inactive.plan.inactive], ["unchanged", ["lib"]]);
    }),
);
