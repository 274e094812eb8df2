import { readProcFile } from "@apt-ostree/base";
import { SandboxError } from "./error.ts";

/** Numbers of users or groups that a user namespace has. */
export interface IdRange {
  /** First number inside. */
  readonly inside: number;
  /** First number outside. */
  readonly outside: number;
  /** How many. */
  readonly count: number;
}

/** What decides whether a process can lay out a system: any owner, any mode, mounts. */
export interface RootFacts {
  /** Number of the user, as the process itself sees it. */
  readonly uid: number;
  /** Effective capabilities, one bit each. */
  readonly capabilities: bigint;
  /** Users that exist here. */
  readonly users: readonly IdRange[];
  /** Groups that exist here. */
  readonly groups: readonly IdRange[];
}

/** Why a process cannot act as root. */
export type NotRoot = "user" | "capabilities" | "ids";

/** Numbers that Debian uses: from root to nobody. @see Debian Policy, 9.2.2 */
export const NEEDED_IDS = 65535;

/** Bit of CAP_SYS_ADMIN, which mounts need. @see capabilities(7) */
const CAP_SYS_ADMIN = 21n;

/** Read `/proc/<pid>/uid_map` or `gid_map`. @see user_namespaces(7) */
export function parseIdMap(text: string): IdRange[] {
  return text.trim().split("\n").filter((line) => line !== "").map((line) => {
    const [inside = 0, outside = 0, count = 0] = line.trim().split(/\s+/).map(Number);
    return { inside, outside, count };
  });
}

/** The facts about this process. */
export function readRootFacts(): RootFacts {
  const capabilities =
    /^CapEff:\s*([0-9a-f]+)$/m.exec(readProcFile("/proc/self/status") ?? "")?.[1] ?? "0";
  return {
    uid: Deno.uid() ?? -1,
    capabilities: BigInt(`0x${capabilities}`),
    users: parseIdMap(readProcFile("/proc/self/uid_map") ?? ""),
    groups: parseIdMap(readProcFile("/proc/self/gid_map") ?? ""),
  };
}

/** Why a process cannot act as root; `undefined` where it can. */
export function whyNotRoot(facts: RootFacts): NotRoot | undefined {
  if (facts.uid !== 0) return "user";
  if ((facts.capabilities >> CAP_SYS_ADMIN & 1n) === 0n) return "capabilities";
  return hasAllIds(facts.users) && hasAllIds(facts.groups) ? undefined : "ids";
}

/**
 * Refuse to go on where this process is neither root nor root of a user namespace with enough ids.
 *
 * @throws {SandboxError} `sandbox/needs-root`, `sandbox/no-capabilities`, `sandbox/too-few-ids`.
 */
export function requireRoot(): void {
  const why = whyNotRoot(readRootFacts());
  if (why !== undefined) throw notRoot(why);
}

/** The error that says so. */
export function notRoot(why: NotRoot): SandboxError {
  switch (why) {
    case "user":
      return new SandboxError(
        "sandbox/needs-root",
        "Cannot lay out a system: this process is not root",
        { hint: "Run it as root, or call enterUserNamespace() first, as the command line does" },
      );
    case "capabilities":
      return new SandboxError(
        "sandbox/no-capabilities",
        "Cannot lay out a system: this root lacks CAP_SYS_ADMIN",
        {
          hint:
            "In a container, start it with that capability and without a seccomp filter (podman run --privileged)",
        },
      );
    case "ids":
      return new SandboxError(
        "sandbox/too-few-ids",
        `Cannot lay out a system: not all ids from 0 to ${NEEDED_IDS - 1} exist here`,
        {
          hint: `Give the user ${
            NEEDED_IDS + 1
          } ids in the first line of its name in /etc/subuid and /etc/subgid`,
        },
      );
  }
}

function hasAllIds(ranges: readonly IdRange[]): boolean {
  let next = 0;
  for (const { inside, count } of ranges.toSorted((a, b) => a.inside - b.inside)) {
    if (inside > next) break;
    next = Math.max(next, inside + count);
  }
  return next >= NEEDED_IDS;
}
