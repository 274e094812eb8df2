import { createHash } from "node:crypto";
import { readXattrs } from "@apt-ostree/base";

/** Everything of a throw-away host that a script could have changed: what, and how it is. */
export type HostManifest = Readonly<Record<string, string>>;

/** Directories that the machine's kernel and the test itself change all the time. */
const VOLATILE_SETTINGS =
  /random\/|dentry-state|inode-nr|inode-state|file-nr|ns_last_pid|pty\/nr|aio-nr|conntrack_count|sched_domain|_usage|\/fs\/quota|stat_refresh|nr_hugepages|net\/.*\/(flush|route)/;

/** Session that a container's runtime opens, with the container's name, whenever a program is started in it. */
const CONTAINER_SESSION = /^0 0 keyring _ses\.[0-9a-f]{64}: /;

/**
 * Look at the whole host.
 *
 * @param roots Directories that hold all its files; only what was ever written there.
 */
export function readHostManifest(roots: readonly string[], connections: number): HostManifest {
  const manifest: Record<string, string> = { connections: String(connections) };
  for (const root of roots) for (const [path, text] of files(root)) manifest[path] = text;
  for (const [name, text] of settings()) manifest[name] = text;
  const lines = (name: string, text: string, pick: (line: string) => string) =>
    manifest[name] = text.split("\n").map(pick).filter((line) => line !== "").sort().join("\n");
  lines("processes", processes().join("\n"), (line) => line);
  lines("modules", read("/proc/modules"), (line) => line.split(" ")[0]!);
  lines("mounts", read("/proc/self/mountinfo"), (line) => line.split(" ").slice(3).join(" "));
  lines("swaps", read("/proc/swaps"), (line) => line);
  lines("keys", read("/proc/keys"), (line) => {
    const key = line.trim().split(/\s+/).slice(5).join(" ");
    return CONTAINER_SESSION.test(key) ? "" : key;
  });
  for (const kind of ["tcp", "tcp6", "udp", "udp6", "raw", "packet"]) {
    lines(
      `sockets ${kind}`,
      read(`/proc/net/${kind}`),
      (line) => / (0A|07) /.test(line) ? line.trim().split(/\s+/)[1]! : "",
    );
  }
  lines("sockets unix", read("/proc/net/unix"), (line) => line.split(/\s+/)[7] ?? "");
  manifest["groups of processes"] = directories("/sys/fs/cgroup", 3).join("\n");
  manifest["loop devices"] = names("/sys/block").map((name) =>
    `${name} ${read(`/sys/block/${name}/loop/backing_file`)}`
  ).filter((line) => line.startsWith("loop")).join("\n");
  manifest["helper of devices"] = read("/sys/kernel/uevent_helper");
  manifest["name"] = Deno.hostname();
  return manifest;
}

/** What differs, a line for each. */
export function diffManifests(before: HostManifest, after: HostManifest): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name] ?? "nothing"} → ${after[name] ?? "nothing"}`);
}

/** Milliseconds by which the clock of the host is ahead of the time since it began. */
export function clockOffset(): number {
  return Date.now() - Number(read("/proc/uptime").split(" ")[0]) * 1000;
}

function* files(root: string): Generator<[path: string, text: string]> {
  const waiting = [root];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const info = Deno.lstatSync(path);
    const { mode, uid, gid, rdev, nlink, size } = info;
    const xattrs = readXattrs(path).map(([name, value]) => `${name}=${value.toHex()}`);
    const words = [mode, uid, gid, rdev, info.isDirectory ? "" : `${nlink} ${size}`, ...xattrs];
    if (info.isSymlink) words.push(Deno.readLinkSync(path));
    if (info.isFile) {
      words.push(
        Number(info.mtime),
        createHash("sha256").update(Deno.readFileSync(path)).digest("hex"),
      );
    }
    yield [path, words.join(" ")];
    if (info.isDirectory) {
      for (const { name } of Deno.readDirSync(path)) waiting.push(`${path}/${name}`);
    }
  }
}

function* settings(): Generator<[path: string, text: string]> {
  const waiting = ["/proc/sys"];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const entry of Deno.readDirSync(path)) {
      const full = `${path}/${entry.name}`;
      if (VOLATILE_SETTINGS.test(full)) continue;
      if (entry.isDirectory) waiting.push(full);
      else yield [full, read(full)];
    }
  }
}

function processes(): string[] {
  return names("/proc").filter((name) => /^\d+$/.test(name)).map((pid) =>
    read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")
  );
}

function directories(path: string, depth: number): string[] {
  if (depth === 0) return [];
  return names(path).flatMap((name) => {
    const full = `${path}/${name}`;
    return isDirectory(full) ? [full, ...directories(full, depth - 1)] : [];
  });
}

function isDirectory(path: string): boolean {
  return attempt(() => Deno.lstatSync(path).isDirectory) ?? false;
}

function names(path: string): string[] {
  return attempt(() => [...Deno.readDirSync(path)].map((entry) => entry.name).sort()) ?? [];
}

function read(path: string): string {
  return attempt(() => Deno.readTextFileSync(path)) ?? "";
}

/** Processes end and settings may not be read by anybody: neither is a change. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    // Deno gives some of these failures no code.
    if (!(error instanceof Error && ("code" in error || /os error/.test(error.message)))) {
      throw error;
    }
    return undefined;
  }
}
