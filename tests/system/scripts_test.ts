import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { RecordedScript, ScriptsRecord } from "@apt-ostree/core";
import { makeDeb, output, run } from "../support/archive.ts";
import { type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";
import { diffSnapshots, type Snapshot, takeSnapshot } from "../support/snapshot.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg", "chroot", "sha256sum");

/** Has what scripts are about to change. */
const DATA = {
  name: "test-data",
  files: {
    "usr/share/audit/content": "one\n",
    "usr/share/audit/mode": "m\n",
    "usr/share/audit/owner": "o\n",
    "usr/share/audit/removed": "r\n",
    "usr/share/audit/untouched": "u\n",
    "usr/share/audit/gone/a/b": "b\n",
    "usr/share/audit/again/old": "old\n",
    "usr/share/audit/moved/file": "f\n",
    "usr/share/audit/tolink/file": "f\n",
  },
  links: { "usr/share/audit/todir": "again" },
};

/** Does all that a script can do to files, and what scripts do to systems. */
const CHANGER = {
  name: "test-changer",
  fields: { Depends: "test-data, adduser, debconf" },
  files: { "etc/test-changer.conf": "shipped\n" },
  control: {
    conffiles: "/etc/test-changer.conf\n",
    triggers: "interest test-told\n",
    templates:
      "Template: test-changer/color\nType: string\nDefault: blue\nDescription: Which color?\n",
    config: "#!/bin/sh\nset -e\n. /usr/share/debconf/confmodule\ndb_set test-changer/color green\n",
    preinst: `#!/bin/sh
set -e
. /usr/share/debconf/confmodule
db_get test-changer/color
echo "$RET" > /etc/preinst-color
`,
    postinst: `#!/bin/sh
set -e
if [ "$1" = triggered ]; then echo "$2" > /usr/share/audit/triggered; exit 0; fi
. /usr/share/debconf/confmodule
db_get test-changer/color
echo "$RET" > /usr/share/audit/color
cd /usr/share/audit
echo two > content
chmod 4600 mode
chown 5:6 owner
rm removed
touch untouched
rm -r gone again
mkdir again
echo new > again/new
mv moved elsewhere
rm -r tolink
ln -s again tolink
rm todir
mkdir todir
echo t > todir/t
echo x > temporary
rm temporary
adduser --system --group --no-create-home --home /nonexistent test-changer >&2
addgroup --system test-others >&2
chown test-changer: again/new
cp /usr/sbin/invoke-rc.d copied
dpkg-divert --quiet --add --rename --divert /usr/sbin/invoke-rc.d.old /usr/sbin/invoke-rc.d
invoke-rc.d.old --quiet test-changer status || true
update-alternatives --install /usr/bin/color color /usr/share/audit/color 5
dpkg-trigger --no-await test-told
`,
  },
};

/** What dpkg does by itself, before and after scripts. */
const DPKGS_OWN =
  /^usr\/lib\/sysimage\/dpkg\/(status(-old)?|available|lock.*|updates\/.*|updates|triggers\/Lock|info(\/.*)?|)$/;
/**
 * Differ from a chroot for reasons of their own: accounts lie apart, /var is not part of a tree, a
 * commit has no backup of the diversions, and dpkg takes triggers in as soon as a script has ended.
 */
const APART =
  /^(usr\/lib\/sysimage\/dpkg\/(diversions-old|triggers\/Unincorp)|etc\/(passwd|group|shadow|gshadow)-?|etc\/\.pwd\.lock|var(\/.*)?|run(\/.*)?|tmp(\/.*)?)$/;

Deno.test(
  "the record of each script is what changes around real dpkg's run of it",
  { ignore },
  () =>
    withFixture({ debs: [DATA, CHANGER] }, async (fixture) => {
      const { dir, repo } = fixture;
      const packages = (names: string) =>
        fixture.treefile(`${TREEFILE}packages: [usr-is-merged, adduser, ${names}]\n`);
      const base = await fixture.compose(await packages("test-data"));
      assertEquals(base.code, 0, base.stderr);
      const system = await checkout(fixture, `${dir}/system`);
      const composed = await fixture.compose(await packages("test-data, test-changer"));
      assertEquals(composed.code, 0, composed.stderr);

      const record = await readRecord(fixture);
      const runs = record.scripts.filter((each) => each.package === "test-changer");
      assertEquals(runs.map((each) => [each.version, each.script, each.args, each.status]), [
        ["1.0", "preinst", ["install"], 0],
        ["1.0", "postinst", ["configure", ""], 0],
        ["1.0", "postinst", ["triggered", "test-told"], 0],
      ]);
      assertEquals(runs.some((each) => each.incomplete), false);
      const [preinst, postinst, triggered] = runs as [
        RecordedScript,
        RecordedScript,
        RecordedScript,
      ];
      assertEquals(postinst.users, ["test-changer"]);
      assertEquals(postinst.groups.toSorted(), ["test-changer", "test-others"]);
      assertEquals(postinst.triggers, ["test-told"]);
      assertEquals(
        postinst.calls.filter((call) => /^add|^invoke/.test(call.program)).map((call) => [
          call.program,
          call.action,
          call.status,
          call.cwd,
        ]),
        [
          ["adduser", "run", 0, "/usr/share/audit"],
          ["addgroup", "run", 0, "/usr/share/audit"],
          ["invoke-rc.d", "ignore", undefined, "/usr/share/audit"],
        ],
      );
      const text = (runs: readonly RecordedScript[], path: string) =>
        runs.some((each) => each.files.some((file) => file.path === path));
      assert(text([preinst], "/etc/preinst-color"));

      // The same package with real dpkg, in the same system without it.
      const deb = await makeDeb(`${dir}/system`, CHANGER);
      const dpkg = (...args: string[]) =>
        output(
          ...["chroot", system, "env", "-i", "PATH=/usr/sbin:/usr/bin", "LC_ALL=C.UTF-8"],
          ...["DEBIAN_FRONTEND=noninteractive", "dpkg", "--force-unsafe-io", ...args],
        );
      await dpkg("--unpack", `/${deb.slice(system.length + 1)}`);
      await Deno.remove(deb);
      const before = await takeSnapshot(system);
      await dpkg("--configure", "--no-triggers", "test-changer");
      const between = await takeSnapshot(system);
      await dpkg("--triggers-only", "--pending");
      const after = await takeSnapshot(system);
      // dpkg moves conffiles into place before the script; the record knows scripts alone.
      const expected = relevant(before, between).filter((line) =>
        !line.includes("test-changer.conf")
      );
      assertEquals(changes(postinst), expected);
      assertEquals(changes(triggered), relevant(between, after));
      assert(expected.length > 20, expected.join("\n"));

      // Nothing that stood in for something else is in the commit, and what was moved is the real thing.
      const files = await checkout(fixture, `${dir}/result`);
      const found = await new Deno.Command("grep", {
        args: ["-rlE", "Stands in for .*apt-ostree", files],
      }).output();
      assertEquals(new TextDecoder().decode(found.stdout), "");
      const real = await Deno.readTextFile(`${files}/usr/sbin/invoke-rc.d.old`);
      assertEquals(await Deno.readTextFile(`${files}/usr/share/audit/copied`), real);
      assertEquals(await Deno.readTextFile(`${files}/usr/share/audit/color`), "green\n");
      assertEquals(await Deno.readTextFile(`${files}/usr/etc/preinst-color`), "green\n");

      const shown = await fixture.run("ex", "scripts", "-v", `--repo=${repo}`, "test/x");
      assertStringIncludes(shown.stdout, "test-changer 1.0: postinst configure '' (status 0, ");
      assertStringIncludes(shown.stdout, "\n  - /usr/share/audit/again/old\n");
      assertStringIncludes(shown.stdout, "\n  user test-changer\n");
      assertStringIncludes(shown.stderr, "may change without notice");
    }),
);

Deno.test("the record travels with pulls, stays beside signatures and comes back from the cache", {
  ignore,
}, () =>
  withFixture({ debs: [DATA, { name: "test-more" }] }, async (fixture) => {
    const { dir, repo } = fixture;
    const first = await fixture.compose(
      await fixture.treefile(`${TREEFILE}packages: [usr-is-merged, test-data]\n`),
    );
    assertEquals(first.code, 0, first.stderr);
    const record = await readRecord(fixture);
    assert(record.scripts.some((each) => each.package === "base-files"));
    // Of the second compose only the last package is new: all scripts ran for the first.
    await Deno.writeTextFile(
      `${dir}/base.yaml`,
      `${TREEFILE}packages: [usr-is-merged, test-data]\n`,
    );
    const second = await fixture.compose(
      await fixture.treefile(`include: base.yaml\nref: test/x\npackages: [test-more]\n`),
    );
    assertEquals(second.code, 0, second.stderr);
    assertStringIncludes(second.stderr, "packages stand as an earlier compose left them");
    const again = await readRecord(fixture);
    assertEquals(again.scripts.slice(0, record.scripts.length), record.scripts);

    await run("ostree", "init", `--repo=${dir}/other`, "--mode=bare");
    await run("ostree", "pull-local", `--repo=${dir}/other`, repo, "test/x");
    const pulled = await fixture.run("ex", "scripts", "--json", `--repo=${dir}/other`, "test/x");
    assertEquals(JSON.parse(pulled.stdout), again);
    await run("ostree", "fsck", "--quiet", `--repo=${repo}`);
    const none = await fixture.run("ex", "scripts", `--repo=${dir}/other`, "none");
    assertEquals(none.code, 1);
  }));

Deno.test(
  "a script that needs what is refused fails with that as the reason",
  { ignore },
  () =>
    withFixture({
      debs: [{
        name: "test-rebooter",
        files: { "usr/bin/reboot": "#!/bin/sh\n" },
        control: { postinst: "#!/bin/sh\nset -e\n/bin/reboot --force\n" },
      }],
    }, async (fixture) => {
      const { code, stderr } = await fixture.compose(
        await fixture.treefile(`${TREEFILE}packages: [usr-is-merged, test-rebooter]\n`),
      );
      assertEquals(code, 1);
      assertStringIncludes(
        stderr,
        'error: Cannot configure "test-rebooter": its postinst needs "reboot --force", which is refused: a script must not restart anything',
      );
      assertStringIncludes(stderr, "code: script/refused");
    }),
);

/** A system that programs can run in, apart from the repository's own files. */
async function checkout({ repo }: Fixture, dest: string): Promise<string> {
  await run("ostree", "checkout", "--force-copy", `--repo=${repo}`, "test/x", dest);
  await run(
    "sh",
    "-ec",
    'cd "$1"; cp -a usr/etc etc; mkdir -p var/lib var/cache/debconf var/log; ln -s ../../usr/lib/sysimage/dpkg var/lib/dpkg; mknod -m 666 dev/null c 1 3',
    "sh",
    dest,
  );
  return dest;
}

async function readRecord({ run, repo }: Fixture): Promise<ScriptsRecord> {
  const { code, stdout, stderr } = await run("ex", "scripts", "--json", `--repo=${repo}`, "test/x");
  assertEquals(code, 0, stderr);
  const record = JSON.parse(stdout);
  const schema = JSON.parse(
    await Deno.readTextFile(new URL("../../docs/scripts.schema.json", import.meta.url)),
  );
  const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(schema);
  assert(validate(record), JSON.stringify(validate.errors, null, 1));
  return record as ScriptsRecord;
}

/** Changes that a record tells, as lines. */
function changes({ files }: RecordedScript): string[] {
  return files.filter(({ path }) => !APART.test(path.slice(1))).map(({ path, before, after }) => {
    const state = after ?? before!;
    const mode = state.type === "symlink" ? "" : ` ${state.mode.toString(8)}`;
    const content = state.sha256 ?? state.target ?? "";
    return `${
      before ? (after ? "~" : "-") : "+"
    }${path} ${state.type}${mode} ${state.uid}:${state.gid} ${content}`;
  });
}

function relevant(before: Snapshot, after: Snapshot): string[] {
  return diffSnapshots(before, after).filter(({ path }) =>
    !DPKGS_OWN.test(path) && !APART.test(path)
  ).map(({ path, before, after }) => {
    const state = after ?? before!;
    return `${before ? (after ? "~" : "-") : "+"}/${path} ${state}`;
  });
}
