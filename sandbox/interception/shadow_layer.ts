import { readXattrs, writeXattr } from "@apt-ostree/base";

/**
 * A directory that an overlay has above its lower one, so that a few files stand in for others.
 *
 * Its directories have the owner, mode, attributes and time of those below: what is written in them
 * later takes these from here.
 */
export class ShadowLayer {
  /** The directory. */
  readonly path: string;
  readonly #lower: string;
  readonly #made = new Set<string>();

  /**
   * Begin an empty layer.
   *
   * @param path Directory that does not exist yet.
   * @param lower Directory that it will lie above.
   */
  constructor(path: string, lower: string) {
    this.path = path;
    this.#lower = lower;
    this.#mkdir("");
  }

  /** Put a file at a path, no part of which is a link below. */
  put(
    path: string,
    bytes: Uint8Array,
    owner: { readonly mode: number; readonly uid: number; readonly gid: number } = ROOT,
  ): void {
    const full = `${this.path}/${path}`;
    this.#mkdir(parentOf(path));
    Deno.writeFileSync(full, bytes);
    if (Deno.uid() === 0) Deno.chownSync(full, owner.uid, owner.gid);
    Deno.chmodSync(full, owner.mode & 0o7777);
  }

  /** Put the file that stands at one path at another one as well. */
  link(from: string, path: string): void {
    this.#mkdir(parentOf(path));
    Deno.linkSync(`${this.path}/${from}`, `${this.path}/${path}`);
  }

  /** Give the directories their times, once everything has been put. */
  finish(): void {
    for (const path of this.#made) {
      const below = lstatDirectory(`${this.#lower}/${path}`);
      if (below?.mtime) Deno.utimeSync(`${this.path}/${path}`, below.mtime, below.mtime);
    }
  }

  #mkdir(path: string): void {
    if (this.#made.has(path)) return;
    if (path !== "") this.#mkdir(parentOf(path));
    this.#made.add(path);
    const made = `${this.path}/${path}`;
    Deno.mkdirSync(made, { recursive: path === "" });
    const below = lstatDirectory(`${this.#lower}/${path}`);
    Deno.chmodSync(made, (below?.mode ?? 0o755) & 0o7777);
    if (!below) return;
    if (Deno.uid() === 0) Deno.chownSync(made, below.uid, below.gid);
    for (const [name, value] of readXattrs(`${this.#lower}/${path}`)) {
      if (!/^(trusted|user)\.overlay\./.test(name)) writeXattr(made, name, value);
    }
  }
}

const ROOT = { mode: 0o755, uid: 0, gid: 0 };

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function lstatDirectory(path: string): Deno.FileInfo | undefined {
  try {
    const info = Deno.lstatSync(path);
    return info.isDirectory ? info : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
