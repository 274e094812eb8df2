import {
  hostRunner,
  pathExists,
  readProcFile,
  replaceProcess,
  RunError,
  type Runner,
} from "@apt-ostree/base";
import { SandboxError } from "./error.ts";
import { NEEDED_IDS, notRoot, readRootFacts, whyNotRoot } from "./root_facts.ts";

/** How {@linkcode enterUserNamespace} goes about it. */
export interface EnterUserNamespaceOptions {
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
}

/**
 * Make sure that this process can lay out a system, without root if need be.
 *
 * Root returns at once. The process of an ordinary user is replaced by the same program with the same
 * arguments, as root of a user namespace with the user's subordinate ids; there the call returns. So it
 * belongs at the beginning of a program: what came before happens twice.
 *
 * @throws {SandboxError} `sandbox/no-capabilities`, `sandbox/too-few-ids`, `sandbox/missing`,
 * `sandbox/no-subordinate-ids`, `sandbox/no-user-namespaces`.
 * @see user_namespaces(7), subuid(5), unshare(1)
 */
export async function enterUserNamespace(options: EnterUserNamespaceOptions = {}): Promise<void> {
  const facts = readRootFacts();
  const why = whyNotRoot(facts);
  if (why === undefined) return;
  if (why !== "user") throw notRoot(why);
  const runner = options.runner ?? hostRunner;
  try {
    // Without ids first: where that is refused, unshare of util-linux 2.38 leaves a child that waits.
    await runner.run(["unshare", "--user", "--", "true"]);
    await runner.run(userNamespaceArgs(["unshare", "--mount", "--", "true"]));
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw explainNamespace(readNamespaceFacts(facts.uid), error);
  }
  const [, ...words] = (readProcFile("/proc/self/cmdline") ?? "").split("\0").slice(0, -1);
  replaceProcess(userNamespaceArgs([Deno.execPath(), ...words]));
}

/**
 * The command that runs another as root of a user namespace: the caller is 0 inside, the first range
 * of its subordinate ids follows.
 */
export function userNamespaceArgs(argv: readonly string[]): string[] {
  return ["unshare", "--user", "--map-root-user", "--map-auto", "--", ...argv];
}

/** A setting of the kernel, as sysctl(8) names it. */
export interface KernelSetting {
  readonly name: string;
  /** Value that forbids user namespaces to ordinary users. */
  readonly forbids: string;
  /** Value that allows them. */
  readonly allows: string;
}

/** What decides whether an ordinary user can have a user namespace. */
export interface NamespaceFacts {
  /** Number of the user. */
  readonly uid: number;
  /** Name of the user; `undefined` where /etc/passwd has none. */
  readonly user: string | undefined;
  /** Programs that are missing. */
  readonly missing: readonly string[];
  /** Text of /etc/subuid. */
  readonly subuid: string;
  /** Text of /etc/subgid. */
  readonly subgid: string;
  /** Settings of the kernel that stand in the way. */
  readonly forbidding: readonly KernelSetting[];
}

/**
 * Say why a user namespace could not be made.
 *
 * @param cause What unshare said.
 */
export function explainNamespace(facts: NamespaceFacts, cause: RunError): SandboxError {
  const cannot = "Cannot work without root:";
  const [missing] = facts.missing;
  if (missing !== undefined) {
    return new SandboxError(
      "sandbox/missing",
      `${cannot} there is no "${missing}" on this machine`,
      {
        subject: missing,
        hint: `Install the package ${missing === "unshare" ? "util-linux" : "uidmap"}`,
        cause,
      },
    );
  }
  const user = facts.user ?? String(facts.uid);
  for (const [file, text] of [["/etc/subuid", facts.subuid], ["/etc/subgid", facts.subgid]]) {
    const count = subordinateIds(text!, facts);
    if (count !== undefined && count >= NEEDED_IDS) continue;
    const found = count === undefined ? "no ids" : `${count} ids`;
    return new SandboxError(
      "sandbox/no-subordinate-ids",
      `${cannot} "${user}" has ${found} in ${file}, ${NEEDED_IDS} are needed`,
      {
        subject: file!,
        hint:
          `As root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user} (a range that no other user has)`,
        cause,
      },
    );
  }
  const [setting] = facts.forbidding;
  const said = cause.stderr.trim().split("\n").at(-1) ?? "";
  const found = [setting ? `${setting.name} is ${setting.forbids}` : "", said].filter(Boolean);
  return new SandboxError(
    "sandbox/no-user-namespaces",
    `${cannot} the kernel gives "${user}" no user namespace: ${found.join("; ")}`,
    {
      subject: setting?.name ?? "unshare",
      hint: setting
        ? `Compose as root, or allow it as root: sysctl -w ${setting.name}=${setting.allows}`
        : "Compose as root; outside of containers unshare of util-linux 2.38 or later can make one",
      cause,
    },
  );
}

/** Ids of a user in the text of /etc/subuid or /etc/subgid: unshare takes the first range. */
export function subordinateIds(
  text: string,
  { user, uid }: { readonly user: string | undefined; readonly uid: number },
): number | undefined {
  const names = [user, String(uid)];
  const line = text.split("\n").find((each) => names.includes(each.split(":")[0]));
  return line === undefined ? undefined : Number(line.split(":")[2]);
}

/** Settings of the kernel; the value that forbids, and one that allows. */
const SETTINGS: readonly (readonly [name: string, forbids: string, allows: string])[] = [
  ["kernel.unprivileged_userns_clone", "0", "1"], // Debian
  ["kernel.apparmor_restrict_unprivileged_userns", "1", "0"], // Ubuntu
  ["user.max_user_namespaces", "0", "10000"],
];

function readNamespaceFacts(uid: number): NamespaceFacts {
  const line = readIfThere("/etc/passwd").split("\n").find((each) =>
    each.split(":")[2] === String(uid)
  );
  return {
    uid,
    user: line?.split(":")[0],
    missing: ["unshare", "newuidmap", "newgidmap"].filter((name) =>
      !["/usr/local/bin", "/usr/bin", "/bin"].some((dir) => pathExists(`${dir}/${name}`))
    ),
    subuid: readIfThere("/etc/subuid"),
    subgid: readIfThere("/etc/subgid"),
    forbidding: SETTINGS.flatMap(([name, forbids, allows]) =>
      readProcFile(`/proc/sys/${name.replaceAll(".", "/")}`)?.trim() === forbids
        ? [{ name, forbids, allows }]
        : []
    ),
  };
}

function readIfThere(path: string): string {
  return pathExists(path) ? Deno.readTextFileSync(path) : "";
}
