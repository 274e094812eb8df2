import { RepoError } from "./error.ts";
import { type KeyFile, parseKeyFile } from "./repo_config.ts";

/** A deployment of a sysroot, in the order of the boot menu. */
export interface Deployment {
  /** Name of the stateroot. */
  readonly osname: string;
  /** Checksum of its commit. */
  readonly checksum: string;
  /** Tells deployments of one commit apart. */
  readonly serial: number;
  /** Its origin file. */
  readonly origin: KeyFile;
  /** Whether the running system was booted from it. */
  readonly booted: boolean;
  /** Whether cleanups leave it alone. */
  readonly pinned: boolean;
}

/**
 * The deployments of a sysroot, the one that boots next first.
 *
 * Only reads; whoever changes a sysroot does it through libostree.
 *
 * @param sysroot Path of the physical root, for example `/`.
 * @throws {RepoError} `repo/not-found` if there is no sysroot.
 */
export function readDeployments(sysroot: string): Deployment[] {
  const root = sysroot.replace(/\/+$/, "");
  let names: string[];
  try {
    Deno.statSync(`${root}/ostree/repo`);
    names = [...Deno.readDirSync(`${root}/boot/loader/entries`)].map((entry) => entry.name);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    if (isDirectory(`${root}/ostree/repo`)) return []; // a sysroot without any deployment
    throw new RepoError(
      "repo/not-found",
      `Cannot read sysroot "${sysroot}": there is no ostree/repo`,
      {
        subject: sysroot,
        hint: `Make one: ostree admin init-fs ${sysroot}`,
        cause,
      },
    );
  }
  const entries = names.filter((name) => /^ostree-.*\.conf$/.test(name))
    .map((name) => parseEntry(Deno.readTextFileSync(`${root}/boot/loader/entries/${name}`)))
    .filter((entry) => entry.link !== undefined)
    .sort((a, b) => b.version - a.version);
  return entries.map((entry) => readDeployment(root, entry.link!));
}

/** What of a boot loader entry leads to the deployment. @see Boot Loader Specification */
function parseEntry(text: string): { version: number; link: string | undefined } {
  const options = /^options\s+(.*)$/m.exec(text)?.[1] ?? "";
  return {
    version: Number(/^version\s+(\d+)/m.exec(text)?.[1] ?? 0),
    link: /(?:^|\s)ostree=(\S+)/.exec(options)?.[1],
  };
}

function readDeployment(root: string, link: string): Deployment {
  const path = Deno.realPathSync(`${root}${link}`);
  const found = /\/ostree\/deploy\/([^/]+)\/deploy\/([0-9a-f]{64})\.(\d+)$/.exec(path);
  if (!found) {
    throw new RepoError(
      "repo/bad-config",
      `Cannot read deployment "${link}": it leads to "${path}"`,
      {
        subject: link,
        hint: "Look at it with: ostree admin status",
      },
    );
  }
  const originFile = `${path}.origin`;
  const origin = isFile(originFile)
    ? parseKeyFile(Deno.readTextFileSync(originFile), originFile)
    : new Map();
  return {
    osname: found[1]!,
    checksum: found[2]!,
    serial: Number(found[3]),
    origin,
    booted: isBooted(path),
    pinned: origin.get("libostree-transient")?.get("pinned") === "true",
  };
}

/** A deployment is booted where its directory is the root of this system. */
function isBooted(path: string): boolean {
  const own = Deno.statSync("/");
  const other = Deno.statSync(path);
  return own.ino === other.ino && own.dev === other.dev;
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
