import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { output, run } from "../support/archive.ts";
import { type Ended, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";
import { type TestUser, type TestUserOptions, withTestUser } from "../support/test_user.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "setpriv", "newuidmap", "unshare", "dpkg-deb", "gpg");

/** Number of setxattr(2). */
const SETXATTR = Deno.build.arch === "x86_64" ? 188 : 5;

/** What a file system has to say about owners, modes and attributes, as a script leaves it. */
const ODD = {
  name: "test-odd",
  files: {
    "usr/lib/test-odd/gone/a": "a\n",
    "usr/lib/test-odd/again/a": "a\n",
    // What gives rights has to come in a package; scripts may only say which.
    "usr/lib/test-odd/capable": "a\n",
    "usr/lib/test-odd/setuid": "a\n",
  },
  control: {
    postinst: `#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
cd /usr/lib/test-odd
rm -r gone again
mkdir again
echo b > again/b
echo text > capable
attribute() {
  perl -e 'my ($call, $path, $name, $hex) = @ARGV; my $value = pack("H*", $hex);
    syscall(0 + $call, $path, $name, $value, length $value, 0) == 0 or die $!' ${SETXATTR} "$@"
}
attribute capable security.capability 0100000200200000000000000000000000000000
attribute again user.test 76616c7565
touch nobody last setuid secret
chown 65534:65534 nobody
chown 65533:1 last
chown 8:4321 setuid
chmod 6755 setuid
chown 0:42 secret
chmod 0640 secret
ln -s /etc/passwd link
chown -h 7:7 link
mkfifo fifo
mkdir -m 1777 sticky
mkdir -m 2750 closed
touch closed/file
chown -R 33:33 closed
if mknod device c 1 3 2> /dev/null; then exit 9; fi
`,
  },
};

/** A package whose postinst says when it runs, and then takes its time. */
function slow(seconds: string) {
  return {
    name: "test-slow",
    control: { postinst: `#!/bin/sh\n[ "$1" = configure ] || exit 0\nsleep ${seconds}\n` },
  };
}

/** Compose as the user, into the user's own repository. */
async function composeAs(
  user: TestUser,
  treefile: string,
  ...options: string[]
): Promise<Ended & { readonly commit: string }> {
  const ended = await user.run(...composeArgs(user, treefile, ...options));
  const commit = (await user.run("ostree", "rev-parse", `--repo=${user.home}/repo`, "test/x"))
    .stdout.trim();
  return { ...ended, commit };
}

function composeArgs(user: TestUser, treefile: string, ...options: string[]): string[] {
  return [user.program, "compose", "tree", `--repo=${user.home}/repo`, ...options, treefile];
}

async function initRepo(user: TestUser, mode = "archive"): Promise<void> {
  const { code, stderr } = await user.run(
    ...["ostree", "init", `--repo=${user.home}/repo`, `--mode=${mode}`],
  );
  assertEquals(code, 0, stderr);
}

Deno.test(
  "Sandbox keeps all its promises as root of an ordinary user's namespace",
  { ignore },
  () =>
    // Its tests write to /run and look there.
    withTestUser({ before: "mount -t tmpfs -o mode=1777 tmpfs /run\n" }, async (user) => {
      const test = ["test", "-A", "--config", `${user.source}/deno.json`];
      const { code, stdout, stderr } = await user.runInside(
        ...[user.deno, ...test, `${user.source}/sandbox/sandbox_test.ts`],
      );
      assertEquals(code, 0, stdout + stderr);
      assertStringIncludes(stdout, " 0 failed");
      assertEquals(/ignored/.test(stdout), false, "a test was skipped");
    }),
);

Deno.test("owners, modes, capabilities and what is gone are the same with and without root", {
  ignore,
}, () =>
  withFixture({ debs: [ODD] }, async (fixture) => {
    const treefile = await fixture.treefile(`${TREEFILE}packages: [test-odd, usr-is-merged]\n`);
    const asRoot = await fixture.compose(treefile);
    assertEquals(asRoot.code, 0, asRoot.stderr);
    const expected = (await output("ostree", "rev-parse", `--repo=${fixture.repo}`, "test/x"))
      .trim();
    const list = (repo: string) => output("ostree", "ls", "-RX", `--repo=${repo}`, "test/x");
    await withTestUser({}, async (user) => {
      await initRepo(user);
      // Even where the user's own files are closed to all others.
      const { code, stderr } = await user.run(
        ...["sh", "-c", 'umask 077; exec "$@"', "sh", ...composeArgs(user, treefile)],
      );
      assertEquals(code, 0, stderr);
      assertStringIncludes(stderr, "no commit can hold them: /usr/lib/test-odd/fifo");
      assertEquals(await list(`${user.home}/repo`), await list(fixture.repo));
      assertEquals((await composeAs(user, treefile)).commit, expected);
      assertMatch(
        await list(fixture.repo),
        /security\.capability.* \/usr\/lib\/test-odd\/capable\n/,
      );

      // The same cache in root's hands: owners in it mean others there.
      const cachedir = `--cachedir=${user.home}/repo/extensions/aptostree`;
      await run("ostree", "init", `--repo=${fixture.dir}/other`, "--mode=bare");
      const other = await fixture.run(
        ...["compose", "tree", `--repo=${fixture.dir}/other`, cachedir, treefile],
      );
      assertEquals(other.code, 0, other.stderr);
      assertStringIncludes(other.stderr, "The cache was written with other user ids");
      assertEquals(await list(`${fixture.dir}/other`), await list(fixture.repo));
      await run("ostree", "fsck", "--quiet", `--repo=${fixture.dir}/other`);
    });
  }));

Deno.test(
  "Ctrl-C and kill -9 without root leave what they leave with root",
  { ignore },
  () =>
    withFixture({ debs: [slow("3611")] }, (fixture) =>
      withTestUser({}, async (user) => {
        await initRepo(user);
        const treefile = await fixture.treefile(
          `${TREEFILE}packages: [test-slow, usr-is-merged]\n`,
        );
        const tmp = `${user.home}/repo/extensions/aptostree/tmp`;
        for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
          const child = user.command(composeArgs(user, treefile)).spawn();
          await until(async () => (await scripts(user)).length > 0, "the script never ran");
          const mounts = await Deno.readTextFile("/proc/self/mountinfo");
          assertEquals(mounts.includes(user.home), false, "a mount shows on the host");
          child.kill(signal);
          const { code, stderr } = await child.output();
          await until(async () => (await user.processes()).length === 0, "a process is left");
          assertEquals(await user.leftovers(), []);
          if (signal === "SIGKILL") {
            assertEquals([...Deno.readDirSync(tmp)].length, 1);
          } else {
            assertEquals(code, 130);
            assertMatch(new TextDecoder().decode(stderr), /error: Cancelled\n$/);
            assertEquals([...Deno.readDirSync(tmp)], []);
          }
        }
        const next = await fixture.treefile(`${TREEFILE}packages: [usr-is-merged]\n`);
        const { code, stdout, stderr } = await composeAs(user, next);
        assertEquals(code, 0, stderr);
        assertStringIncludes(stdout, " 0 newly imported");
        assertEquals([...Deno.readDirSync(tmp)], []);
        const { code: wrong } = await user.run("ostree", "fsck", `--repo=${user.home}/repo`);
        assertEquals(wrong, 0);
      })),
);

/** Processes that are the slow script. */
async function scripts(user: TestUser): Promise<string[]> {
  return (await user.processes()).filter((line) => line.includes("sleep 3611"));
}

async function until(done: () => Promise<boolean>, otherwise: string): Promise<void> {
  for (let i = 0; !await done(); i++) {
    if (i > 600) throw new Error(otherwise);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Hide a program in the user's mount namespace. */
const hide = (name: string) => `
mkdir -p "$dir/upper" "$dir/work"
[ -e "$dir/upper/${name}" ] || mknod "$dir/upper/${name}" c 0 0
mount -t overlay -o "lowerdir=/usr/bin,upperdir=$dir/upper,workdir=$dir/work" overlay /usr/bin
`;

/** What a user lacks, how the test takes it away, and the words of the error. */
const REFUSALS: [
  lacks: string,
  options: TestUserOptions,
  code: string,
  texts: string[],
][] = [
  [
    "newuidmap",
    { before: hide("newuidmap") },
    "sandbox/missing",
    ['there is no "newuidmap"', "Install the package uidmap"],
  ],
  [
    "subordinate ids",
    { subordinateIds: 0 },
    "sandbox/no-subordinate-ids",
    ['"tester" has no ids in /etc/subuid', "usermod --add-subuids", "tester"],
  ],
  [
    "enough subordinate ids",
    { subordinateIds: 65534 },
    "sandbox/too-few-ids",
    ["not all ids from 0 to 65534", "/etc/subuid"],
  ],
];

Deno.test(
  "a user is told what is missing, and nothing is written",
  { ignore },
  (t) =>
    withFixture({ essential: false }, (fixture) =>
      withTestUser({}, async (user) => {
        await initRepo(user);
        const treefile = await fixture.treefile(`${TREEFILE}packages: [x]\n`);
        for (const [lacks, options, code, texts] of REFUSALS) {
          await t.step(lacks, async () => {
            await assertRefused(user, await composeAs(user.but(options), treefile), code, texts);
          });
        }
        await t.step("a kernel that gives user namespaces", async () => {
          // The limit of a namespace of its own; an ordinary user in there.
          const script = `echo 0 > /proc/sys/user/max_user_namespaces
          chmod -R a+rwX "$HOME"
          exec setpriv --reuid=1000 --regid=1000 --clear-groups -- "$@"`;
          const before =
            'echo "1000:500000:65536" | tee -a "$dir/etc/subuid" >> "$dir/etc/subgid"\n';
          const ended = await user.but({ before }).runInside(
            ...["sh", "-c", script, "sh", ...composeArgs(user, treefile)],
          );
          await assertRefused(user, ended, "sandbox/no-user-namespaces", [
            "user.max_user_namespaces is 0",
            "sysctl -w user.max_user_namespaces=",
          ]);
        });
        for (const [mode, code] of [["bare", "needs-root"], ["bare-user-only", "unfit-repo"]]) {
          await t.step(`a repository other than of mode ${mode}`, async () => {
            await user.run("rm", "-rf", `${user.home}/repo`);
            await initRepo(user, mode);
            const ended = await composeAs(user, treefile);
            await assertRefused(user, ended, `compose/${code}`, [`mode ${mode}`, "archive"]);
          });
        }
      })),
);

Deno.test(
  "root without the capability to mount is told so",
  { ignore },
  () =>
    withFixture({ essential: false }, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [x]\n`);
      const program = new URL("../../bin/apt-ostree", import.meta.url).pathname;
      const { code, stderr } = await new Deno.Command("setpriv", {
        args: [
          ...["--bounding-set=-sys_admin", "--inh-caps=-all", "--", program, "compose", "tree"],
          ...[`--repo=${fixture.repo}`, treefile],
        ],
        env: { APT_OSTREE_DENO: Deno.execPath() },
      }).output();
      assertEquals(code, 1);
      assertStringIncludes(new TextDecoder().decode(stderr), "code: sandbox/no-capabilities");
    }),
);

Deno.test(
  "a script composes without root once it calls becomeRoot()",
  { ignore },
  () =>
    withFixture({}, (fixture) =>
      withTestUser({}, async (user) => {
        await initRepo(user);
        const treefile = await fixture.treefile(`${TREEFILE}packages: [usr-is-merged]\n`);
        const options = JSON.stringify({ treefile, repo: `${user.home}/repo`, dryRun: true });
        const script = async (first: string) => {
          const text = `import { becomeRoot, composeTree } from "@apt-ostree/core";
${first}
const result = await composeTree(${options});
console.log(Deno.args.join(), result.kind, result.packages.length);
`;
          await Deno.writeTextFile(`${user.home}/script.ts`, text);
          const config = ["--config", `${user.source}/deno.json`];
          const args = ["a b", ""];
          return await user.run(
            user.deno,
            "run",
            "-A",
            ...config,
            `${user.home}/script.ts`,
            ...args,
          );
        };
        const without = await script("");
        assertStringIncludes(without.stderr, "Cannot lay out a system: this process is not root");
        const { code, stdout, stderr } = await script(`await becomeRoot(${options}.repo);`);
        assertEquals(code, 0, stderr);
        assertMatch(stdout, /^a b, dry-run [1-9]\d+\n$/);
      })),
);

async function assertRefused(
  user: TestUser,
  { code, stderr }: Ended,
  errorCode: string,
  texts: readonly string[],
): Promise<void> {
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /^error: Cannot /m);
  assertStringIncludes(stderr, `\n  code: ${errorCode}\n  hint: `);
  for (const text of texts) assertStringIncludes(stderr, text);
  assertEquals(await output("find", `${user.home}/repo/objects`, "-type", "f"), "");
  assertEquals(await output("ostree", "refs", `--repo=${user.home}/repo`), "");
}
