/**
 * An ordinary user who is there for one test: nothing of the machine is changed, since the entries in
 * /etc lie in a mount namespace of their own.
 *
 * @module
 */
import { userNamespaceArgs } from "@apt-ostree/sandbox";
import { output, run } from "./archive.ts";
import type { Ended } from "./compose_fixture.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const DENO_CACHE = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Number of the user and its group: another one in each process, so that tests can tell theirs. */
const USER_ID = 100_000 + Deno.pid % 100_000;
/** First of its subordinate ids. */
const FIRST_SUBORDINATE_ID = USER_ID * 100_000 % 4_000_000_000;

/** How {@linkcode withTestUser} makes the user. */
export interface TestUserOptions {
  /** Subordinate ids; 0 for no entry. @default {65536} */
  readonly subordinateIds?: number;
  /** Name of the machine that the user is on. @default this machine's */
  readonly hostName?: string;
  /** Shell script that root runs before, in the mount namespace: bind mounts for example. */
  readonly before?: string;
}

/** An ordinary user. */
export interface TestUser {
  /** Number of the user and its group. */
  readonly id: number;
  /** Home directory; the user's own. */
  readonly home: string;
  /** Where the user sees this checkout. */
  readonly source: string;
  /** The program that the user would call. */
  readonly program: string;
  /** Deno, where the user can run it. */
  readonly deno: string;
  /** A command that runs as the user. */
  command(argv: readonly string[], options?: Deno.CommandOptions): Deno.Command;
  /** The same user with less or more. */
  but(options: TestUserOptions): TestUser;
  /** Run a command as the user. */
  run(...argv: string[]): Promise<Ended>;
  /** Run a command as root of the user's namespace. */
  runInside(...argv: string[]): Promise<Ended>;
  /** Processes of the user or its subordinate ids. */
  processes(): Promise<string[]>;
  /** Processes and files of the user or its subordinate ids, but for its home, and mounts in there. */
  leftovers(): Promise<string[]>;
}

/** Run a test with a user who is gone afterwards. */
export async function withTestUser(
  options: TestUserOptions,
  test: (user: TestUser) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
  try {
    await Deno.chmod(dir, 0o755);
    await run("sh", "-ec", PREPARE, "sh", dir, String(USER_ID), Deno.execPath(), DENO_CACHE);
    await test(testUser(dir, options));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Deno's cache is root's; the user has a copy. */
const PREPARE = `
mkdir "$1/home" "$1/etc" "$1/source"
ln "$3" "$1/deno" 2> /dev/null || cp "$3" "$1/deno"
mkdir "$1/home/deno-cache"
cp -a "$4"/*/ "$1/home/deno-cache" # not its databases: others write to them
chown -R "$2:$2" "$1/home"`;

/** Enter a namespace in which the user exists, and become it. */
const ENTER = `
dir=$1 user=$2 first=$3 count=$4 source=$5; shift 5
for file in passwd group subuid subgid; do
  { cat "/etc/$file" 2> /dev/null || :; } > "$dir/etc/$file"
done
echo "tester:x:$user:$user::$dir/home:/bin/sh" >> "$dir/etc/passwd"
echo "tester:x:$user:" >> "$dir/etc/group"
for file in subuid subgid; do
  [ "$count" = 0 ] || echo "tester:$first:$count" >> "$dir/etc/$file"
  [ -e "/etc/$file" ] || : > "/etc/$file"
done
for file in passwd group subuid subgid; do mount --bind "$dir/etc/$file" "/etc/$file"; done
mount --bind "$source" "$dir/source"
`;

function testUser(dir: string, options: TestUserOptions): TestUser {
  const home = `${dir}/home`;
  const deno = `${dir}/deno`;
  const { subordinateIds = 65536, hostName, before = "" } = options;
  const uts = hostName === undefined ? [] : ["--uts"];
  const name = hostName === undefined ? "" : `echo "${hostName}" > /proc/sys/kernel/hostname\n`;
  const become = 'exec setpriv --reuid="$user" --regid="$user" --clear-groups -- "$@"';
  const facts = [dir, USER_ID, FIRST_SUBORDINATE_ID, subordinateIds, ROOT].map(String);
  const user: TestUser = {
    id: USER_ID,
    home,
    deno,
    source: `${dir}/source`,
    program: `${dir}/source/bin/apt-ostree`,
    command: (argv, command = {}) =>
      new Deno.Command("unshare", {
        args: [
          ...[...uts, "--mount", "--propagation", "private", "--", "sh", "-ec"],
          ...[ENTER + name + before + become, "sh", ...facts, ...argv],
        ],
        cwd: home,
        stdout: "piped",
        stderr: "piped",
        ...command,
        clearEnv: true,
        env: {
          PATH,
          HOME: home,
          DENO_DIR: `${home}/deno-cache`,
          APT_OSTREE_DENO: deno,
          ...command.env,
        },
      }),
    but: (others) => testUser(dir, others),
    async run(...argv) {
      const { code, stdout, stderr } = await user.command(argv).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: text(stdout), stderr: text(stderr) };
    },
    runInside: (...argv) => user.run(...userNamespaceArgs(argv)),
    processes: async () => {
      // A zombie has ended; how long it stays in the table is up to the host's init.
      const alive = lines(await output("ps", "-eo", "stat=,uid=,args="))
        .filter((line) => !line.trimStart().startsWith("Z"));
      return alive.map((line) => line.trimStart().replace(/^\S+\s+/, "")).filter(isOwned);
    },
    async leftovers() {
      // Where everybody may write; other tests come and go there.
      const script = 'find "$@" -xdev -printf "%U %p\\n" 2> /dev/null || :';
      const places = ["/tmp", "/var/tmp", "/dev/shm", "/run/lock"];
      const files = lines(await output("sh", "-c", script, "sh", ...places));
      const mounts = lines(await Deno.readTextFile("/proc/self/mountinfo"));
      return [
        ...await user.processes(),
        ...files.filter((line) => isOwned(line) && !line.includes(dir)),
        ...mounts.filter((line) => line.includes(dir)),
      ];
    },
  };
  return user;
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** Whether the number that the line begins with is the user's. */
function isOwned(line: string): boolean {
  const uid = parseInt(line);
  return uid === USER_ID || uid >= FIRST_SUBORDINATE_ID && uid < FIRST_SUBORDINATE_ID + 65536;
}
