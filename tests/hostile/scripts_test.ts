import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

import { pathExists } from "@apt-ostree/base";
import { userNamespaceArgs } from "@apt-ostree/sandbox";
import { makeArchive, makeDeb, run } from "../support/archive.ts";
import { essentialDebs } from "../support/base_system.ts";
import { SHORT } from "../support/effort.ts";
import { lacks } from "../support/lacks.ts";
import { type Attack, SECRET } from "./scripts/attack.ts";
import type { AttackJob, AttackResult } from "./scripts/attack_host.ts";
import { FILE_ATTACKS } from "./scripts/file_attacks.ts";
import { KERNEL_ATTACKS } from "./scripts/kernel_attacks.ts";
import { NETWORK_ATTACKS } from "./scripts/network_attacks.ts";
import { PROCESS_ATTACKS } from "./scripts/process_attacks.ts";
import { RECORD_ATTACKS } from "./scripts/record_attacks.ts";

pathExists("/"); // loads the C library before a test can be blamed for it
const ignore = Deno.uid() !== 0 || Deno.build.arch !== "x86_64" ||
  await lacks("ostree", "bwrap", "unshare", "setpriv", "newuidmap", "dpkg-deb", "gpg", "ip");
/** An ordinary user of the throw-away host, and the first of its subordinate ids. */
const [USER_ID, FIRST_SUBORDINATE_ID] = [54_321, 2_000_000];
const SOURCE = new URL("../..", import.meta.url).pathname;
const DENO_CACHE = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;

const ALL: readonly Attack[] = [
  ...FILE_ATTACKS,
  ...KERNEL_ATTACKS,
  ...NETWORK_ATTACKS,
  ...PROCESS_ATTACKS,
  ...RECORD_ATTACKS,
];
const ONLY = Deno.env.get("APT_OSTREE_TEST_ATTACKS");
const ATTACKS = ALL.map((attack, at) => ({ ...attack, name: `evil-${at}` })).filter((attack) =>
  (!SHORT || attack.short) && (!ONLY || new RegExp(ONLY).test(attack.danger))
);

type Mode = "root" | "user";

/**
 * Make a host to throw away: an overlay of this machine with processes, network, devices and names of
 * its own, and run a command as its root. All that is ever written to its files lies in
 * /.throw-away-host, but for the directory of the test, which is a disk of its own.
 */
const THROW_AWAY_HOST = `
dir=$1 source=$2 user=$3 first=$4 secret=$5 group=$6; shift 6
state=$dir/state root=$dir/state/root
if [ -d "$group" ]; then echo 4000 > "$group/pids.max"; echo $$ > "$group/cgroup.procs"; fi
mount -t tmpfs -o mode=0755 tmpfs "$state"
mkdir "$state/upper" "$state/work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$state/upper,workdir=$state/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
if [ -d "$group" ]; then
  mount -t tmpfs -o mode=0755 tmpfs "$root/sys/fs/cgroup"
  mkdir "$root/sys/fs/cgroup/pids"; mount --bind "$group" "$root/sys/fs/cgroup/pids"
fi
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 0666 "$root/dev/\${device%:*}" c 1 "\${device#*:}"
done
mknod -m 0666 "$root/dev/tty" c 5 0
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"; ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root$dir/world" "$root/.throw-away-host" "$root/root/.ssh"
mount --bind "$dir/world" "$root$dir/world"
mount --bind "$source" "$root$dir/world/source"
mount --bind "$state/upper" "$root/.throw-away-host"
echo "host:$secret:1::::::" >> "$root/etc/shadow"
echo "$secret" > "$root/root/.ssh/id_secret"; echo "$secret" > "$root/run/secret"
for file in passwd group subuid subgid; do [ -e "$root/etc/$file" ] || : > "$root/etc/$file"; done
echo "tester:x:$user:$user::$dir/world/home:/bin/sh" >> "$root/etc/passwd"
echo "tester:x:$user:" >> "$root/etc/group"
echo "tester:$first:65536" >> "$root/etc/subuid"; echo "tester:$first:65536" >> "$root/etc/subgid"
cd "$root"
mkdir -p .old; pivot_root . .old; umount -l /.old; rmdir /.old
hostname throw-away; ip link set lo up
exec "$@"`;

/** Run the attacks on a throw-away host, the base system first. */
async function runAttacks(mode: Mode): Promise<Map<string, AttackResult>> {
  const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
  try {
    await Deno.chmod(dir, 0o755);
    const world = `${dir}/world`;
    for (const name of ["", "/archive", "/home", "/source"]) await Deno.mkdir(`${world}${name}`);
    await Deno.mkdir(`${dir}/state`);
    for (const { name, script, as = "postinst" } of ATTACKS) {
      await makeDeb(`${world}/archive`, { name, control: { [as]: script } });
    }
    const link = 'ln "$1"/*.deb "$2" 2> /dev/null || cp "$1"/*.deb "$2"';
    await run("sh", "-c", link, "sh", await essentialDebs(), `${world}/archive`);
    const { sources } = await makeArchive(`${world}/archive`);
    await Deno.writeTextFile(`${world}/archive.sources`, sources);
    await Deno.writeTextFile(`${world}/secret`, SECRET);
    await Deno.copyFile(Deno.execPath(), `${world}/deno`);
    await Deno.chmod(`${world}/deno`, 0o755);
    // Only what a download would bring: the rest changes whenever somebody uses it.
    await Deno.mkdir(`${world}/home/deno-cache`);
    await run("cp", "-a", `${DENO_CACHE}/npm`, `${world}/home/deno-cache/npm`);
    const repo = `${world}/repo`;
    await run(
      "ostree",
      "init",
      `--repo=${repo}`,
      `--mode=${mode === "root" ? "bare" : "bare-user"}`,
    );
    if (mode === "user") await run("chown", "-R", `${USER_ID}:${USER_ID}`, world);
    const permissions = (await Deno.readTextFile(`${SOURCE}/bin/permissions`)).split("\n")
      .filter((line) => line.startsWith("--"));
    const script = `${world}/source/tests/hostile/scripts/compose_child.ts`;
    const config = ["--no-prompt", "--no-check", "--config", `${world}/source/deno.json`];
    const child = [`${world}/deno`, "run", ...config, ...permissions, script];
    const id = String(USER_ID);
    const setpriv = ["setpriv", `--reuid=${id}`, `--regid=${id}`, "--clear-groups", "--"];
    const environment = { HOME: `${world}/home`, DENO_DIR: `${world}/home/deno-cache` };
    const results = new Map<string, AttackResult>();
    let packages = [
      { name: "", limits: {} },
      ...ATTACKS.map(({ name, limits = {} }) => ({ name, limits })),
    ];
    while (packages.length > 0) {
      const job: AttackJob = {
        child: mode === "root" ? child : [...setpriv, ...userNamespaceArgs(child)],
        environment,
        directory: world,
        repo,
        packages,
      };
      const lines = await runHost(dir, job);
      for (const line of lines) {
        const result: AttackResult = JSON.parse(line);
        results.set(result.name, result);
      }
      // An attack that ends the host itself has no line: go on with the next.
      packages = packages.slice(lines.length + 1);
    }
    return results;
  } finally {
    await run("rm", "-rf", dir);
  }
}

/** A cgroup that bounds the processes of the whole throw-away host; "" where none can be made. */
function makeGroup(): string {
  const root = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].find((each) =>
    pathExists(`${each}/cgroup.procs`)
  );
  const group = `${root}/apt-ostree-${Deno.pid}-throw-away`;
  if (root === undefined) return "";
  Deno.mkdirSync(group, { recursive: true });
  return pathExists(`${group}/pids.max`) ? group : (Deno.removeSync(group), "");
}

/** Remove a cgroup, and those in it, once the last of their processes has ended. */
async function removeGroup(group: string): Promise<void> {
  for (let times = 0; times < 100 && group !== "" && pathExists(group); times++) {
    await new Deno.Command("find", {
      args: [group, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"],
    })
      .output();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function runHost(dir: string, job: AttackJob): Promise<string[]> {
  const world = `${dir}/world`;
  await Deno.writeTextFile(`${world}/job.json`, JSON.stringify(job));
  const namespaces = ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child"];
  const group = makeGroup();
  const host = `${world}/source/tests/hostile/scripts/attack_host.ts`;
  const { stdout } = await new Deno.Command("unshare", {
    args: [
      ...[...namespaces, "--propagation", "private", "--", "sh", "-ec", THROW_AWAY_HOST, "sh"],
      ...[dir, SOURCE, String(USER_ID), String(FIRST_SUBORDINATE_ID), SECRET, group],
      ...[
        `${world}/deno`,
        "run",
        "-A",
        "--no-check",
        "--config",
        `${world}/source/deno.json`,
        host,
      ],
      `${world}/job.json`,
    ],
    clearEnv: true,
    env: {
      ...job.environment,
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    },
    stdin: "null",
    stderr: "inherit",
  }).output();
  await removeGroup(group);
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith("{"));
}

function check(result: AttackResult | undefined, attack: Attack & { readonly name: string }): void {
  assert(result, "the host died");
  const { end, text = "", stderr, changes, leftovers, listing } = result;
  const { as = "postinst", danger } = attack;
  if (ONLY) {
    Deno.writeTextFileSync("build/attacks.log", `${danger} ${JSON.stringify(result, null, 1)}\n`, {
      append: true,
    });
  }
  assertEquals(text.includes("BREACH"), false, text);
  assertEquals((text + stderr).includes(SECRET), false, "a secret came out");
  assertEquals(changes, [], "the host has changed");
  assertEquals(leftovers, [], "something is left of the transaction");
  assert(attack.end.split(" ").includes(end ?? ""), `${end}: ${text}${stderr}`);
  if (end === "ok") {
    if (attack.shows) assertMatch(listing, attack.shows);
    if (attack.hides) assertEquals(attack.hides.exec(listing)?.[0], undefined);
    return;
  }
  assertStringIncludes(text, attack.message ?? "");
  if (!end!.startsWith("script/")) return;
  assertEquals([result.package, result.script], [attack.name, as], text);
  assertStringIncludes(text, `"${attack.name}"`);
  assertStringIncludes(text, `its ${as}`);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/.exec(text), null, "it plays with the terminal");
}

for (const mode of ["root", "user"] as const) {
  let results: Map<string, AttackResult> | undefined;
  Deno.test(
    `hostile scripts are let loose on a throw-away host, as ${mode}`,
    { ignore },
    async () => {
      results = await runAttacks(mode);
      const base = results.get("");
      assertEquals([base?.end, base?.changes], ["ok", []], `${base?.text}${base?.stderr}`);
    },
  );
  for (const attack of ATTACKS) {
    Deno.test(`as ${mode}: a script that ${attack.danger} does no harm`, { ignore }, () => {
      check(results?.get(attack.name), attack);
    });
  }
}
