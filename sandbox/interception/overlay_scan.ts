import { type FileStat, readXattr, statUnfollowed } from "@apt-ostree/base";
import { isSameState, MOST_HASHED, readFileState } from "./file_state.ts";
import type { FileChange, FileState } from "./record.ts";

/** How {@linkcode OverlayScan} looks. */
export interface OverlayScanOptions {
  /** Directory below; never changes. */
  readonly lower: string;
  /** Directory that takes the changes. */
  readonly upper: string;
  /** Paths inside, without leading slash, that are mount points: what is there is not looked at. */
  readonly skip: ReadonlySet<string>;
  /**
   * Path below of what a file with this digest stands in for while scripts run: a copy of it is told
   * as a copy of that.
   */
  readonly standIn?: (sha256: string, path: string) => string | undefined;
}

/** One thing in the upper directory, and how to tell whether it is still the same. */
interface Seen {
  readonly kind: "whiteout" | "opaque" | "plain";
  readonly state: FileState;
  readonly stat: FileStat;
  /** Changed so shortly before it was seen that a further change may show in no time of it. */
  readonly fresh: boolean;
  /** What is in a directory. */
  names?: readonly string[];
}

const S_IFCHR = 0o020000;
const S_IFDIR = 0o040000;
/** A kernel's clock for files may be that much behind, in milliseconds. */
const FRESH = 50;
/** Bytes of all files that one look reads. */
const MOST_AT_ONCE = 4 * MOST_HASHED;
/** Entries of the upper directory that are looked at, and changes that are told at once. */
const MOST = 200_000;

/**
 * Tells what has changed in an overlay since it last looked.
 *
 * Only the upper directory is walked, and only what changed there is read. Scripts may be at work
 * meanwhile: what vanishes or cannot be entered is left out, and {@linkcode incomplete} says so.
 *
 * @see the kernel's overlayfs documentation, "whiteouts and opaque directories"
 */
export class OverlayScan {
  readonly #options: OverlayScanOptions;
  #seen: ReadonlyMap<string, Seen> = new Map();
  readonly #lowerDirectories = new Map<string, boolean>();
  #incomplete = false;
  #budget = MOST_AT_ONCE;

  /** @param options The overlay's directories; both exist. */
  constructor(options: OverlayScanOptions) {
    this.#options = options;
  }

  /** Whether something could not be looked at since this was asked the last time. */
  takeIncomplete(): boolean {
    const incomplete = this.#incomplete;
    this.#incomplete = false;
    return incomplete;
  }

  /** Look again. @returns What is not as it was, sorted by path. */
  look(): FileChange[] {
    this.#budget = MOST_AT_ONCE;
    const before = this.#seen;
    const after = new Map<string, Seen>();
    const changed = new Set<string>();
    this.#walk("", after, changed);
    for (const path of before.keys()) if (!after.has(path)) changed.add(path);
    for (const path of [...changed]) {
      if (hides(before.get(path)) === hides(after.get(path))) continue;
      this.#addBelow(path, changed);
    }
    this.#seen = after;
    const changes: FileChange[] = [];
    for (const path of [...changed].sort()) {
      if (path === "") continue;
      const [old, now] = [this.#merged(before, path), this.#merged(after, path)];
      if (isSameState(old, now)) continue;
      changes.push({
        path: `/${path}`,
        ...(old ? { before: old } : {}),
        ...(now ? { after: now } : {}),
      });
    }
    return changes;
  }

  #walk(path: string, after: Map<string, Seen>, changed: Set<string>): void {
    if (after.size >= MOST) return void (this.#incomplete = true);
    const full = path === "" ? this.#options.upper : `${this.#options.upper}/${path}`;
    const stat = statUnfollowed(full);
    if (!stat) return void (this.#incomplete = true);
    const known = this.#seen.get(path);
    const untouched = known !== undefined && !known.fresh && isSame(known.stat, stat);
    const seen = untouched ? known : this.#try(() => this.#see(path, full, stat));
    if (!seen) return;
    after.set(path, seen);
    if (seen !== known) changed.add(path);
    if (seen.state.type !== "dir" || this.#options.skip.has(path)) return;
    const names = seen.names ?? this.#try(() => [...Deno.readDirSync(full)].map((e) => e.name));
    if (!names) return;
    seen.names = names;
    for (const name of names) this.#walk(path === "" ? name : `${path}/${name}`, after, changed);
  }

  #see(path: string, full: string, stat: FileStat): Seen {
    const changed = stat.changedSeconds * 1000 + stat.changedNanoseconds / 1e6;
    return {
      kind: stat.format === S_IFCHR && stat.rdev === 0
        ? "whiteout"
        : stat.format === S_IFDIR && isOpaque(full)
        ? "opaque"
        : "plain",
      state: this.#unmask(path, this.#read(full, stat)),
      stat,
      fresh: Math.abs(Date.now() - changed) < FRESH,
    };
  }

  /** Files with holes are large at no cost to who makes them: a look reads only so much. */
  #read(full: string, stat: FileStat): FileState {
    const most = Math.min(MOST_HASHED, this.#budget);
    const state = readFileState(full, stat, most);
    if (state.size !== undefined && state.size <= most) this.#budget -= state.size;
    if (state.size !== undefined && state.size > most) this.#incomplete = true;
    return state;
  }

  /** The state of what a stand-in stands in for, with its own owner and mode. */
  #unmask(path: string, state: FileState): FileState {
    const { standIn, lower } = this.#options;
    const real = state.sha256 === undefined ? undefined : standIn?.(state.sha256, path);
    if (real === undefined) return state;
    const stat = statUnfollowed(`${lower}/${real}`);
    const { mode, uid, gid } = state;
    return stat ? { ...readFileState(`${lower}/${real}`, stat), mode, uid, gid } : state;
  }

  /** What scripts see at a path. */
  #merged(seen: ReadonlyMap<string, Seen>, path: string): FileState | undefined {
    let hidden = false;
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      const parent = seen.get(path.slice(0, slash));
      if (parent?.kind === "whiteout" || (parent && parent.state.type !== "dir")) return undefined;
      if (parent?.kind === "opaque") hidden = true;
    }
    const own = seen.get(path);
    if (own) return own.kind === "whiteout" ? undefined : own.state;
    return hidden ? undefined : this.#below(path);
  }

  #below(path: string): FileState | undefined {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (!this.#isLowerDirectory(parent)) return undefined;
    const full = `${this.#options.lower}/${path}`;
    const stat = statUnfollowed(full);
    return stat && readFileState(full, stat);
  }

  /** Whether the lower layer has a directory there, and no link on the way to it. */
  #isLowerDirectory(path: string): boolean {
    if (path === "") return true;
    const known = this.#lowerDirectories.get(path);
    if (known !== undefined) return known;
    const is = this.#isLowerDirectory(path.slice(0, Math.max(0, path.lastIndexOf("/")))) &&
      statUnfollowed(`${this.#options.lower}/${path}`)?.format === S_IFDIR;
    this.#lowerDirectories.set(path, is);
    return is;
  }

  /** Add all that the lower layer has below a path. */
  #addBelow(path: string, paths: Set<string>): void {
    if (!this.#isLowerDirectory(path)) return;
    for (const { name, isDirectory } of Deno.readDirSync(`${this.#options.lower}/${path}`)) {
      if (paths.size >= MOST) return void (this.#incomplete = true);
      const child = path === "" ? name : `${path}/${name}`;
      paths.add(child);
      if (isDirectory) this.#addBelow(child, paths);
    }
  }

  /** What a call gives; nothing where a script was faster, or made something that cannot be read. */
  #try<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error; // no failed system call
      this.#incomplete = true;
      return undefined;
    }
  }
}

function isSame(a: FileStat, b: FileStat): boolean {
  return a.changedNanoseconds === b.changedNanoseconds && a.changedSeconds === b.changedSeconds &&
    a.ino === b.ino && a.size === b.size;
}

/** Whether what lies below a directory is out of sight. */
function hides(seen: Seen | undefined): boolean {
  return seen !== undefined && (seen.kind !== "plain" || seen.state.type !== "dir");
}

function isOpaque(path: string): boolean {
  const mark = readXattr(path, "trusted.overlay.opaque") ?? readXattr(path, "user.overlay.opaque");
  return mark !== undefined && mark[0] === 0x79; // "y"
}
