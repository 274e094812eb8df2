/**
 * Runs in a throw-away host, as its root, and lets one attack after the other loose on it:
 * `attack_host.ts FILE`, the file with an {@linkcode AttackJob}; prints a line of JSON for each.
 *
 * @module
 */
import { readXattrs } from "@apt-ostree/base";
import type { CellLimits } from "@apt-ostree/sandbox";
import { SECRET } from "./attack.ts";
import type { Composed } from "./compose_child.ts";
import { clockOffset, diffManifests, readHostManifest } from "./host_manifest.ts";
import { HOST_ABSTRACT, HOST_PORT, HOST_SOCKETS } from "./network_attacks.ts";

/** What is to be done. */
export interface AttackJob {
  /** Command that runs `compose_child.ts`; its job follows. */
  readonly child: readonly string[];
  /** Shell words that the child is started with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly repo: string;
  readonly packages: readonly { readonly name: string; readonly limits: Partial<CellLimits> }[];
}

/** What came of an attack. */
export interface AttackResult extends Partial<Composed> {
  readonly name: string;
  readonly ms: number;
  /** What the child wrote itself: a crash, for example. */
  readonly stderr: string;
  /** What has changed on the host. */
  readonly changes: readonly string[];
  /** What is left of the transaction. */
  readonly leftovers: readonly string[];
  /** What `ostree ls` says of the commit. */
  readonly listing: string;
}

/** Longest that one compose may take, in milliseconds; the machine may be slow. */
const LONGEST = 240_000;

/** Lines of `ostree ls` that a test asks for. */
const INTERESTING = /owned|id_secret|share\/(swapped|fifo|socket|link|race)|usr\/etc\/group$/;

let connections = 0;

async function accept(listener: Deno.Listener): Promise<void> {
  for await (const connection of listener) {
    connections++;
    connection.close();
  }
}

const LISTEN =
  `use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0); bind($s, pack_sockaddr_un("\\0${HOST_ABSTRACT}")) or die;
listen($s, 5); accept(my $c, $s); open(my $f, ">", "/run/abstract-was-used");`;

async function main(): Promise<void> {
  const job: AttackJob = JSON.parse(Deno.readTextFileSync(Deno.args[0]!));
  readXattrs("/");
  void accept(Deno.listen({ hostname: "127.0.0.1", port: HOST_PORT }));
  for (const path of HOST_SOCKETS) {
    Deno.mkdirSync(path.replace(/\/[^/]*$/, ""), { recursive: true });
    void accept(Deno.listen({ transport: "unix", path }));
  }
  new Deno.Command("perl", { args: ["-e", LISTEN], stdin: "null" }).spawn();
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const each of job.packages) {
    const line = `${JSON.stringify(await attack(job, each))}\n`;
    Deno.stdout.writeSync(new TextEncoder().encode(line));
  }
  Deno.exit(0);
}

async function attack(
  job: AttackJob,
  { name, limits }: AttackJob["packages"][number],
): Promise<AttackResult> {
  const { directory, repo } = job;
  const treefile = `${directory}/${name}.yaml`;
  const result = `${directory}/result-${name}.json`;
  const packages = name === "" ? "usr-is-merged" : `usr-is-merged, ${name}`;
  const ref = `test/${name || "base"}`;
  Deno.writeTextFileSync(
    treefile,
    `ref: ${ref}\nrepos: [archive]\nrecommends: false\npackages: [${packages}]\n`,
  );
  const manifest = () =>
    readHostManifest(["/.throw-away-host", "/run", "/tmp", "/dev"], connections);
  const before = manifest();
  const clock = clockOffset();
  const start = performance.now();
  const task = JSON.stringify({ treefile, repo, cellLimits: limits, result });
  const child = new Deno.Command("sh", {
    // A child that was started by somebody careless.
    args: [
      "-c",
      'exec 7< "$1" 8>> "$2"; shift 2; exec "$@"',
      "sh",
      `${directory}/secret`,
      `${directory}/writable`,
      ...job.child,
      task,
    ],
    env: { ...job.environment, TEST_SECRET: SECRET },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const stopping = setTimeout(() => child.kill("SIGKILL"), LONGEST);
  const { stderr } = await child.output();
  clearTimeout(stopping);
  const ms = performance.now() - start;
  const composed: Partial<Composed> = read(result);
  const changes = diffManifests(before, manifest());
  if (Math.abs(clockOffset() - clock) > 2000) changes.push("the clock");
  const left = new Deno.Command("sh", {
    args: ["-c", 'ls -d "$1"/extensions/aptostree/tmp/txn-* 2> /dev/null', "sh", repo],
  }).outputSync();
  const listing = composed.commit === undefined ? "" : text(
    (await new Deno.Command("ostree", {
      args: ["ls", "-R", `--repo=${repo}`, composed.commit],
    }).output()).stdout,
  );
  return {
    ...composed,
    name,
    ms,
    stderr: text(stderr),
    changes,
    leftovers: text(left.stdout).split("\n").filter((line) => line !== ""),
    listing: listing.split("\n").filter((line) => INTERESTING.test(line)).join("\n"),
  };
}

function read(path: string): Partial<Composed> {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return {}; // the child did not live to write it
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

if (import.meta.main) await main();
