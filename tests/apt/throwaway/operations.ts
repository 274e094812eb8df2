/**
 * `operations.ts DIR`: do everything that the project can do with apt, on a machine to throw away, and
 * write what it did to the machine to `DIR/report.json`.
 *
 * @module
 */
import { AptRoot } from "@apt-ostree/apt";
import { type CommandEntry, COMMANDS } from "../../../cli/commands.ts";
import { type AptCall, faultOfCall } from "../../support/apt_calls.ts";
import { output, run } from "../../support/archive.ts";
import { addKernel, deploySystem, makeSysroot, releaseSysroot } from "../../support/sysroot.ts";

/** What the operations did. */
export interface Report {
  /** Operations that were done, each with its exit status. */
  readonly operations: readonly string[];
  /** Commands of the program that no operation is of. */
  readonly missing: readonly string[];
  /** What an archive heard that only this machine's proxy and password lead to. */
  readonly heard: readonly string[];
  /** How many programs of apt and dpkg were started. */
  readonly calls: number;
  /** Why some of them could have changed the machine. */
  readonly faults: readonly string[];
  /** What has changed of apt, dpkg and logs. */
  readonly changes: readonly string[];
  /** The same for an apt and a dpkg that know no other root: there must be some of both. */
  readonly control: { readonly faults: readonly string[]; readonly changes: readonly string[] };
}

const KEPT = ["/var/lib/dpkg", "/var/lib/apt", "/var/cache/apt", "/var/log", "/etc/apt"];
/** Port of the machine's proxy, which `prepare` configures and `callThroughProxy` is. */
const PROXY = 38_123;
const PROGRAM = new URL("../../../bin/apt-ostree", import.meta.url).pathname;
const RECORD = new URL("record_calls.sh", import.meta.url).pathname;

if (import.meta.main) {
  const [dir = ""] = Deno.args;
  Deno.writeTextFileSync(`${dir}/report.json`, JSON.stringify(await work(dir)));
}

async function work(dir: string): Promise<Report> {
  await prepare(dir);
  await run("sh", RECORD, `${dir}/calls`);
  const isolated = (path: string) =>
    path.startsWith(`${dir}/`) || path === "/var/cache/apt-ostree/apt";
  const faults = () =>
    readCalls(`${dir}/calls`).flatMap((call) => faultOfCall(call, isolated) ?? []);
  const before = await manifest();
  const heard: string[] = [];
  const operations = [
    ...await runCommands(dir),
    ...await runPreviews(dir),
    ...await callModule(dir),
    await callThroughProxy(dir, heard),
  ];
  const calls = readCalls(`${dir}/calls`).length;
  const result = {
    operations,
    heard,
    missing: names(COMMANDS).filter((name) => !operations.some((each) => each.startsWith(name))),
    calls,
    faults: faults(),
    changes: changed(before, await manifest()),
  };
  await new Deno.Command("apt-get", { args: ["update"] }).output();
  await new Deno.Command("dpkg", { args: ["--clear-selections"] }).output();
  const control = { faults: faults(), changes: changed(before, await manifest()) };
  return { ...result, control };
}

/** Let the machine have one source, and things that a careless apt would run, remove or fill. */
async function prepare(dir: string): Promise<void> {
  const etc = "/etc/apt";
  await run("sh", "-c", 'rm -rf "$1"/sources.list "$1"/sources.list.d/*', "sh", etc);
  await Deno.copyFile(`${dir}/archive.sources`, `${etc}/sources.list.d/archive.sources`);
  const trap = (hook: string, file: string) => `${hook} { "echo trap >> ${file}"; };\n`;
  await Deno.writeTextFile(
    `${etc}/apt.conf.d/99trap`,
    trap("APT::Update::Pre-Invoke", "/var/log/trap") +
      trap("APT::Update::Post-Invoke", "/var/lib/apt/trap") +
      trap("DPkg::Pre-Invoke", "/var/lib/dpkg/trap") +
      `Acquire::http::Proxy "http://127.0.0.1:${PROXY}/";\n`,
  );
  await Deno.writeTextFile(
    `${etc}/auth.conf.d/test.conf`,
    "machine http://archive.example.org login somebody password secret\n",
  );
  for (const path of ["lib/apt/lists/old_Packages", "cache/apt/archives/old.deb", "log/dpkg.log"]) {
    await run("mkdir", "-p", `/var/${path}`.replace(/\/[^/]*$/, ""));
    await Deno.writeTextFile(`/var/${path}`, "kept\n");
  }
}

/** Run every command of the program, most of them in several ways. */
async function runCommands(dir: string): Promise<string[]> {
  const compose = ["compose", "tree", `--repo=${dir}/repo`, `--cachedir=${dir}/cache`];
  const treefile = `${dir}/tree.yaml`;
  const [repo, ref] = [`--repo=${dir}/repo`, "test/x"];
  const lock = `${dir}/lock.json`;
  const chunked = `--output=oci:${dir}/images:five`;
  const lines: (readonly string[])[] = [
    ["refresh-md"],
    ["refresh-md", "--force"],
    ["makecache"],
    ["search", "one"],
    ["search", "--cache-only", "two"],
    [...compose, "--print-only", treefile],
    [...compose, "--dry-run", treefile],
    [...compose, `--ex-write-lockfile-to=${lock}`, treefile],
    [...compose, treefile],
    [...compose, "--cache-only", "--force-nocache", treefile],
    [...compose, `--ex-lockfile=${lock}`, "--ex-lockfile-strict", `${dir}/more.yaml`],
    ["db", "list", repo, ref],
    ["db", "diff", repo, "--changelogs", "--advisories", `${ref}^`, ref],
    ["db", "version", repo, ref],
    ["deb", "list", repo, ref],
    ["deb", "diff", repo, `${ref}^`, ref],
    ["deb", "version", repo, ref],
    ["compose", "check", repo, ref],
    ["compose", "extensions", repo, `--output-dir=${dir}/extensions`, treefile, `${dir}/ext.yaml`],
    ["compose", "container-encapsulate", repo, ref, `oci:${dir}/images:one`],
    ["compose", "image", "--initialize", `--cachedir=${dir}/cache`, treefile, `${dir}/two.tar`],
    ["compose", "build-image", repo, treefile, `oci:${dir}/images:three`],
    ["compose", "build-image", repo, ref, `oci:${dir}/images:four`],
    ["compose", "build-chunked-oci", "--bootc", `--from=oci:${dir}/images:one`, chunked],
    ["container-encapsulate", repo, ref, `oci-archive:${dir}/image.tar`],
    ["compose", "sbom", repo, ref],
    ["compose", "install", repo, treefile, `${dir}/staged`],
    ["compose", "postprocess", `${dir}/staged/rootfs`, treefile],
    ["compose", "commit", repo, treefile, `${dir}/staged/rootfs`],
    ["compose", "rootfs", treefile, `${dir}/container`],
    ["compose", "report", repo, `--output=${dir}/report.html`, ref],
    ["ex", "scripts", repo, ref],
    ["status", `--sysroot=${dir}/sysroot`],
  ];
  for (const args of lines) {
    const found = args[1] === "check"; // the system is no bootable one
    await runProgram(args, found ? [0, 1] : [0]);
  }
  return lines.map((args) => args.join(" "));
}

/** Run every command that changes a host, as far as they go: they show what they would do. */
async function runPreviews(dir: string): Promise<string[]> {
  const sysroot = `${dir}/host`;
  await addKernel(`${dir}/repo`, "test/x", "test/base");
  await makeSysroot(sysroot, `${dir}/repo`);
  const options = ["--preview", `--sysroot=${sysroot}`];
  const deb = `${dir}/local_1.0_all.deb`;
  const replacement = `${dir}/two_2.0_all.deb`;
  const good = [
    ["install", "three"],
    ["install", deb],
    ["pkg-add", "three"],
    ["override", "remove", "one"],
    ["override", "replace", replacement],
    ["upgrade"],
    ["update"],
  ];
  // Nothing is layered that could go: they may say so.
  const vain = [["uninstall", "three"], ["pkg-remove", "three"], ["remove", "three"], [
    "override",
    "reset",
    "--all",
  ]];
  try {
    const sources = Deno.readTextFileSync(`${dir}/archive.sources`);
    await deploySystem(sysroot, { repo: `${dir}/repo`, ref: "test/base", sources });
    for (const args of good) await runProgram([...args, ...options], [0]);
    for (const args of vain) await runProgram([...args, ...options], [0, 1]);
  } finally {
    await releaseSysroot(sysroot);
  }
  return [...good, ...vain].map((args) => [...args, ...options].join(" "));
}

async function runProgram(args: readonly string[], statuses: readonly number[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(PROGRAM, {
    args: [...args],
    env: { APT_OSTREE_DENO: Deno.execPath() },
  }).output();
  if (statuses.includes(code)) return;
  throw new Error(`${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Call everything that an isolated apt can do, over the state of the machine. */
async function callModule(dir: string): Promise<string[]> {
  const apt = await AptRoot.create({
    dir: `${dir}/apt`,
    architecture: "amd64",
    foreignArchitectures: ["arm64"],
    sources: [{ name: "archive.sources", text: Deno.readTextFileSync(`${dir}/archive.sources`) }],
    status: Deno.readTextFileSync("/var/lib/dpkg/status"),
    preferences: "Package: *\nPin: release *\nPin-Priority: 990\n",
  });
  await apt.update();
  const base = { essential: false };
  const plans = [
    { ...base, install: ["one"] },
    { ...base, install: ["one=1.0"], hold: ["dpkg"], recommends: false },
    { ...base, install: ["one/test"], targetRelease: "test" },
    { ...base, install: [], localDebs: [`${dir}/local_1.0_all.deb`] },
    { ...base, install: ["one"], exclude: ["two"] },
    { ...base, install: [], remove: ["tar"] },
    { ...base, install: ["none"] },
    { install: ["one"], locked: new Map([["one", "1.0"]]), lockedOnly: true },
  ];
  const done: string[] = [];
  for (const request of plans) {
    const how = await apt.plan(request).then(() => "done", (error) => error.code);
    done.push(`plan ${JSON.stringify(request)}: ${how}`);
  }
  const { packages } = await apt.plan({ ...base, install: ["one"] });
  const debs = await Array.fromAsync(apt.download(packages, `${dir}/debs`));
  done.push(`download: ${debs.length}`);
  done.push(`candidates: ${(await apt.candidates(["one", "two=1.0"])).length}`);
  done.push(`search: ${apt.search(["one"]).name.length}`, `show: ${apt.show(["one"]).length}`);
  await apt.forget();
  await apt.update();
  await apt.update({ cacheOnly: true });
  return done;
}

/** Use an archive that answers to the machine's proxy and password alone. */
async function callThroughProxy(dir: string, heard: string[]): Promise<string> {
  const text = Deno.readTextFileSync(`${dir}/archive.sources`);
  const sources = text.replace(/^URIs: .*$/m, "URIs: http://archive.example.org/debs");
  await using _server = Deno.serve(
    { hostname: "127.0.0.1", port: PROXY, onListen() {} },
    async (request) => {
      const { host, pathname } = new URL(request.url);
      const authorization = request.headers.get("Authorization");
      heard.push(`${host} ${authorization}`);
      if (authorization === null) return new Response("", { status: 401 });
      const path = `${dir}/archive${pathname.replace(/^\/debs/, "")}`;
      const bytes = await Deno.readFile(path).catch(() => undefined);
      return new Response(bytes ?? "", { status: bytes ? 200 : 404 });
    },
  );
  const apt = await AptRoot.create({
    dir: `${dir}/proxied`,
    architecture: "amd64",
    sources: [{ name: "archive.sources", text: sources }],
  });
  await apt.update();
  const { packages } = await apt.plan({ install: ["one"], essential: false });
  const debs = await Array.fromAsync(apt.download(packages, `${dir}/proxied/debs`));
  return `download through the proxy: ${debs.length}`;
}

function readCalls(dir: string): AptCall[] {
  const names = [...Deno.readDirSync(dir)].map(({ name }) => name);
  return names.filter((name) => !name.endsWith(".conf")).map((name) => {
    const [configFile = "", ...argv] = Deno.readTextFileSync(`${dir}/${name}`).split("\0");
    argv.pop(); // each ends with a NUL
    return { argv, configFile, config: Deno.readTextFileSync(`${dir}/${name}.conf`) };
  });
}

/** Every path: type, mode, owner, size, time of change, target of a link; and digests of contents. */
async function manifest(): Promise<Set<string>> {
  const script = 'find "$@" -printf "%p %y %m %U:%G %s %T@ %l\\n"; ' +
    'find "$@" -type f -print0 | xargs -0 sha256sum';
  const lines = (await output("sh", "-c", script, "sh", ...KEPT)).trim().split("\n");
  if (lines.length < 1000) throw new Error(`The machine has only ${lines.length} paths`);
  return new Set(lines);
}

function changed(before: Set<string>, after: Set<string>): string[] {
  return [...before.symmetricDifference(after)].sort();
}

/** Commands as they are called, groups left out. */
function names(entries: readonly CommandEntry[], group = ""): string[] {
  return entries.flatMap((entry) =>
    entry.group ? names(entry.group, `${entry.name} `) : [`${group}${entry.name}`]
  );
}
