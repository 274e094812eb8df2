import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { output, run } from "../support/archive.ts";
import { checkoutSystem } from "../support/checkout_system.ts";
import { type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg");

/** A package that uses what packages use: a conffile, a user, triggers, a state directory. */
const SERVICE = {
  name: "test-service",
  version: "1:2.0~rc1-1",
  fields: { "Depends": "adduser, test-data (>= 1.0)", "Pre-Depends": "test-data" },
  files: {
    "usr/bin/test-service": "#!/bin/sh\nexit 0\n",
    "etc/test-service.conf": "color=blue\n",
    "var/lib/test-service/seed": "seed\n",
    "opt/test-service/readme": "text\n",
    "usr/share/doc/test-service/copyright": "free\n",
    "usr/share/doc/test-service/changelog": "first\n",
  },
  control: {
    conffiles: "/etc/test-service.conf\n",
    preinst:
      "#!/bin/sh\nset -e\ntest -e /usr/share/test-data/ready\ntest ! -e /usr/bin/test-service\n",
    postinst: `#!/bin/sh
set -e
test "$1" = configure
adduser --system --group --no-create-home --home /var/lib/test-service test-service
mkdir -p /var/lib/test-service/spool
chown test-service:test-service /var/lib/test-service/spool
chmod 2750 /var/lib/test-service/spool
systemctl daemon-reload
deb-systemd-invoke start test-service.service
echo made > /usr/share/test-data/by-service
`,
  },
};
const DATA = {
  name: "test-data",
  files: {
    "usr/share/test-data/list.d/one": "1\n",
    "usr/bin/systemctl": "#!/bin/sh\nexit 1\n",
  },
  control: {
    triggers: "interest-noawait /usr/share/test-data/list.d\ninterest test-refresh\n",
    postinst: `#!/bin/sh
set -e
case "$1" in
  configure) touch /usr/share/test-data/ready ;;
  triggered) echo "$2" >> /usr/share/test-data/triggered ;;
esac
`,
  },
};
const PLUGIN = {
  name: "test-plugin",
  // With a preinst that relies on test-data it is laid out when test-data is configured already.
  fields: { "Pre-Depends": "test-data" },
  files: { "usr/share/test-data/list.d/two": "2\n" },
  control: {
    preinst: "#!/bin/sh\nexec test -e /usr/share/test-data/ready\n",
    triggers: "activate-noawait test-refresh\n",
  },
};

async function commitOf(fixture: Fixture, ref = "test/x"): Promise<string> {
  return (await output("ostree", "rev-parse", `--repo=${fixture.repo}`, ref)).trim();
}

Deno.test("compose tree makes a commit that dpkg, ostree and the rules of deployments approve of", {
  ignore,
}, () =>
  withFixture({ debs: [SERVICE, DATA, PLUGIN] }, async (fixture) => {
    const { dir, repo } = fixture;
    const treefile = await fixture.treefile(
      `${TREEFILE}packages: [test-service test-plugin, usr-is-merged]
documentation: false
automatic-version-prefix: "9"
add-commit-metadata: {test.text: hi, test.number: 3}
postprocess:
  - echo "$0" > /usr/share/test-data/postprocessed
`,
    );
    const first = await fixture.compose(treefile, `--ex-write-lockfile-to=${dir}/lock.json`);
    assertEquals(first.code, 0, first.stderr);
    await run("ostree", "fsck", `--repo=${repo}`, "--quiet");
    const commit = await commitOf(fixture);
    assertStringIncludes(first.stdout, `test/x => ${commit}`);

    const system = await checkoutSystem(repo, "test/x", `${dir}/system`);
    const chroot = (...argv: string[]) => output("chroot", system, ...argv);
    assertEquals(await chroot("dpkg", "--audit"), "");
    assertEquals(await chroot("dpkg", "-V"), "");
    const lock = JSON.parse(await Deno.readTextFile(`${dir}/lock.json`)) as {
      packages: Record<string, { evra: string; digest: string }>;
    };
    const installed = (await chroot(
      "dpkg-query",
      "-W",
      "-f",
      "${db:Status-Abbrev} ${Package} ${Version}.${Architecture}\\n",
    )).trim().split("\n");
    assertEquals(
      installed.toSorted(),
      Object.entries(lock.packages).map(([name, { evra }]) => `ii  ${name} ${evra}`).toSorted(),
    );
    assertMatch(lock.packages["test-service"]!.digest, /^sha256:[0-9a-f]{64}$/);
    assertEquals(lock.packages["test-service"]!.evra, "1:2.0~rc1-1.all");

    const text = (path: string) => Deno.readTextFileSync(`${system}/${path}`);
    assertEquals(
      text("usr/share/test-data/triggered").split("\n").filter((l) => l !== "").join(" ").split(" ")
        .toSorted(),
      ["/usr/share/test-data/list.d", "test-refresh"],
    );
    assertEquals(text("usr/share/test-data/by-service"), "made\n");
    assertEquals(text("usr/share/test-data/postprocessed"), "/tmp/postprocess\n");
    assertEquals(text("etc/test-service.conf"), "color=blue\n");
    assertEquals(text("usr/lib/opt/test-service/readme"), "text\n");
    assertStringIncludes(text("usr/lib/sysimage/dpkg/status"), " /etc/test-service.conf ");
    const automatic = text("usr/lib/sysimage/apt/extended_states");
    assertStringIncludes(automatic, "Package: test-data\n");
    assertEquals(/^Package: (test-service|dpkg)$/m.test(automatic), false);
    const tmpfiles = text("usr/lib/tmpfiles.d/apt-ostree.conf");
    assertStringIncludes(
      tmpfiles,
      "d /var/lib/test-service/spool 2750 test-service test-service -\n",
    );
    assertStringIncludes(
      tmpfiles,
      "C /var/lib/test-service/seed 0644 root root - /usr/share/factory/var/lib/test-service/seed\n",
    );
    assertStringIncludes(tmpfiles, "L /var/opt/test-service - - - - /usr/lib/opt/test-service\n");
    const uid = /^test-service:x:(\d+):(\d+):/m.exec(text("etc/passwd"));
    assertMatch(
      text("usr/lib/sysusers.d/apt-ostree.conf"),
      new RegExp(`^u test-service ${uid![1]}:test-service `, "m"),
    );
    assertEquals(text("usr/share/doc/test-service/copyright"), "free\n");
    assertEquals(await exists(`${system}/usr/share/doc/test-service/changelog`), false);

    const list = (await output("ostree", "ls", "-R", `--repo=${repo}`, "test/x")).split("\n").map((
      line,
    ) => line.replace(/ -> .*$/, "").replace(/^.* \//, "/"));
    assertEquals(list.filter((path) => path.startsWith("/var/") || path.startsWith("/etc")), []);
    const leftover =
      /^\/usr\/etc\/(passwd-|group-|shadow-|gshadow-|hostname|resolv\.conf|\.pwd\.lock|ssh\/ssh_host)/;
    assertEquals(
      list.filter((path) => leftover.test(path) || path.endsWith("-old") || path.endsWith("/lock")),
      [],
    );
    const show = (key: string) =>
      output("ostree", "show", `--repo=${repo}`, `--print-metadata-key=${key}`, commit);
    assertEquals((await show("version")).trim(), "'9'");
    assertEquals((await show("test.text")).trim(), "'hi'");

    const again = await fixture.compose(treefile);
    assertEquals(again.code, 0, again.stderr);
    assertStringIncludes(again.stdout, `No changes since commit ${commit}`);
    assertEquals(await commitOf(fixture), commit);

    const forced = await fixture.compose(
      treefile,
      "--force-nocache",
      "--no-parent",
      `--write-commitid-to=${dir}/id`,
      "--add-metadata-string=version=9",
    );
    assertEquals(forced.code, 0, forced.stderr);
    assertEquals(
      await Deno.readTextFile(`${dir}/id`),
      commit,
      "the same inputs give another commit",
    );
  }));

Deno.test(
  "one package more: only that package is imported, and db shows it",
  { ignore },
  () =>
    withFixture({ debs: [DATA, PLUGIN] }, async (fixture) => {
      const { repo } = fixture;
      const small = await fixture.treefile(`${TREEFILE}packages: [test-data, usr-is-merged]\n`);
      assertEquals((await fixture.compose(small)).code, 0);
      const first = await commitOf(fixture);
      const more = await fixture.treefile(
        `${TREEFILE}packages: [test-data test-plugin, usr-is-merged]\n`,
      );
      const second = await fixture.compose(more);
      assertStringIncludes(second.stdout, " packages, 1 newly imported");
      assertStringIncludes(second.stdout, "Added:\n  test-plugin_1.0_all");
      assertEquals(
        (await output("ostree", "rev-parse", `--repo=${repo}`, "test/x^")).trim(),
        first,
      );

      const list = await fixture.run("db", "list", `--repo=${repo}`, "test/x", "test-");
      assertEquals(
        list.stdout,
        `ostree commit: test/x (${await commitOf(
          fixture,
        )})\n test-data_1.0_all\n test-plugin_1.0_all\n`,
      );
      const diff = await fixture.run(
        "db",
        "diff",
        `--repo=${repo}`,
        "--format=diff",
        first,
        "test/x",
      );
      assertEquals(diff.stdout.trim().split("\n").at(-1), "+test-plugin_1.0_all");
      const json = JSON.parse(
        (await fixture.run("db", "diff", `--repo=${repo}`, "-F", "json", first, "test/x")).stdout,
      );
      assertEquals(json.pkgdiff, [["test-plugin", 0, {
        NewPackage: ["test-plugin", "1.0", "all"],
      }]]);
      assertEquals(json["ostree-commit-from"], first);
    }),
);

Deno.test(
  "--print-only and --dry-run say what would be, and write nothing",
  { ignore },
  () =>
    withFixture({ debs: [DATA] }, async (fixture) => {
      const treefile = await fixture.treefile(
        `${TREEFILE}variables: {v: 3}\nadd-commit-metadata: {m: "\${v}-\${basearch}"}\npackages: [test-data]\n`,
      );
      const printed = JSON.parse(
        (await fixture.run("compose", "tree", "--print-only", treefile)).stdout,
      );
      assertEquals(printed["add-commit-metadata"], { m: `3-${Deno.build.arch}` });
      assertEquals(printed.packages, ["test-data"]);
      const dry = await fixture.compose(treefile, "--dry-run");
      assertEquals(dry.code, 0, dry.stderr);
      assertMatch(dry.stdout, /^Installing \d+ packages:\n/);
      assertStringIncludes(dry.stdout, "  test-data_1.0_all (archive.sources/");
      assertEquals(await output("ostree", "refs", `--repo=${fixture.repo}`), "");
    }),
);

Deno.test(
  "--json gives progress and result as JSON lines",
  { ignore },
  () =>
    withFixture({ debs: [DATA] }, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [test-data, usr-is-merged]\n`);
      const { code, stdout, stderr } = await fixture.compose(treefile, "--json");
      assertEquals(code, 0, stderr);
      const events = stdout.trim().split("\n").map((line) => JSON.parse(line));
      const ended = events.filter((event) => event.type === "phase-end").map((event) =>
        event.phase
      );
      for (
        const phase of ["resolve", "download", "import", "merge", "configure", "commit"]
      ) assert(ended.includes(phase), phase);
      assertEquals(events.at(-1).type, "result");
      assertEquals(events.at(-1).commit, await commitOf(fixture));
    }),
);

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
