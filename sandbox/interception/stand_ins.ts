import { createHash } from "node:crypto";
import type { BubblewrapBind } from "../bwrap_args.ts";
import type { CellLimits } from "../cell_limits.ts";
import { SandboxError } from "../error.ts";
import { resolveInside } from "../resolve_inside.ts";
import { readUpper } from "../upper.ts";
import type { InterceptionPolicy } from "./policy.ts";
import { ShadowLayer } from "./shadow_layer.ts";
import {
  formatShim,
  formatWrapper,
  PROGRAM_DIRECTORIES,
  REAL_PROGRAMS,
  REAL_SCRIPTS,
} from "./shim.ts";

const SCRIPT = /\.(preinst|postinst|prerm|postrm)$/;
const WRAPPER = new TextEncoder().encode(formatWrapper());

/**
 * The files that stand in for programs and maintainer scripts of a root file system.
 *
 * They lie in layers of the overlay above the real ones, so that they are found by whatever path they
 * are called, and whatever dpkg removes or adds still reaches the tree alone.
 */
export class StandIns {
  /** Layer with the shims. */
  readonly programs: string;
  /** Where the real programs lie, for those that policies let run. */
  readonly binds: readonly BubblewrapBind[];
  readonly #directory: string;
  readonly #lower: string;
  readonly #shims = new Map<string, string>();
  readonly #sizes = new Set<number>([WRAPPER.length]);
  readonly #wrapper = digest(WRAPPER);
  /** Where dpkg's `info` directory lies. */
  readonly #info: string | undefined;
  #scripts: string | undefined;

  /**
   * @param directory Directory for the layers.
   * @param lower The root file system.
   */
  constructor(directory: string, lower: string, policies: readonly InterceptionPolicy[]) {
    this.#directory = directory;
    this.#lower = lower;
    this.#info = resolveInside(lower, "var/lib/dpkg/info");
    this.programs = `${directory}/programs`;
    const layer = new ShadowLayer(this.programs, lower);
    const directories = PROGRAM_DIRECTORIES.map((path) => resolveInside(lower, path));
    const binds: BubblewrapBind[] = [];
    for (const policy of policies) {
      const { program } = policy;
      const bytes = new TextEncoder().encode(formatShim(policy));
      let bound = false;
      for (const dir of new Set(directories.filter((each) => each !== undefined))) {
        const real = resolveInside(lower, `${dir}/${program}`);
        if (real === undefined) continue;
        const { isFile, mode, uid, gid } = Deno.lstatSync(`${lower}/${real}`);
        if (!isFile) continue;
        layer.put(`${dir}/${program}`, bytes, {
          mode: mode ?? 0o755,
          uid: uid ?? 0,
          gid: gid ?? 0,
        });
        this.#shims.set(digest(bytes), real);
        this.#sizes.add(bytes.length);
        if (bound) continue;
        bound = true;
        if (policy.action === "run" || policy.runFor) {
          const dest = `${REAL_PROGRAMS}/${program}`;
          binds.push({ source: `${lower}/${real}`, dest, writable: false });
        }
      }
    }
    layer.finish();
    this.binds = binds;
  }

  /** Layer with a wrapper for every maintainer script, and where the real scripts lie. */
  scripts(): { readonly layer: string; readonly binds: readonly BubblewrapBind[] } | undefined {
    if (this.#info === undefined) return undefined;
    this.#scripts ??= this.#wrapScripts(this.#info);
    const source = `${this.#lower}/${this.#info}`;
    return { layer: this.#scripts, binds: [{ source, dest: REAL_SCRIPTS, writable: false }] };
  }

  /** Path below of what a file with this digest stands in for; `undefined` for all other files. */
  real(sha256: string, path: string): string | undefined {
    if (sha256 === this.#wrapper) return this.#isScript(path) ? path : undefined;
    return this.#shims.get(sha256);
  }

  /**
   * Put the real files where scripts have moved, copied or touched what stood in for them.
   *
   * @param upper The overlay's upper directory; nothing runs in it any more.
   * @throws {SandboxError} `sandbox/edited-script` if a maintainer script was edited by another.
   */
  restore(upper: string, skip: ReadonlySet<string>, limits: CellLimits): void {
    for (const { path, type } of readUpper(upper, skip, limits)) {
      if (type !== "file") continue;
      const full = `${upper}/${path}`;
      const info = Deno.lstatSync(full);
      const script = this.#scripts !== undefined && this.#isScript(path);
      if (!script && !this.#sizes.has(info.size)) continue;
      if (info.size > MOST_READ) continue;
      const bytes = Deno.readFileSync(full);
      const real = this.real(digest(bytes), path);
      if (real === undefined) {
        if (script) checkUnedited(path, bytes);
        continue;
      }
      Deno.removeSync(full);
      Deno.copyFileSync(`${this.#lower}/${real}`, full);
      if (Deno.uid() === 0) Deno.chownSync(full, info.uid, info.gid);
      Deno.chmodSync(full, (info.mode ?? 0o755) & 0o7777);
    }
  }

  #isScript(path: string): boolean {
    return this.#info !== undefined && SCRIPT.test(path) &&
      path.slice(0, path.lastIndexOf("/")) === this.#info;
  }

  #wrapScripts(info: string): string {
    const path = `${this.#directory}/wrappers`;
    const layer = new ShadowLayer(path, this.#lower);
    let first: string | undefined;
    for (const { name, isFile } of Deno.readDirSync(`${this.#lower}/${info}`)) {
      if (!isFile || !SCRIPT.test(name)) continue;
      if (first === undefined) layer.put(first = `${info}/${name}`, WRAPPER);
      else layer.link(first, `${info}/${name}`);
    }
    layer.finish();
    return path;
  }
}

/** No shim or wrapper is that long. */
const MOST_READ = 64 * 1024;

function checkUnedited(path: string, bytes: Uint8Array): void {
  const [, remark = ""] = formatWrapper().split("\n");
  if (!new TextDecoder().decode(bytes).includes(remark)) return;
  throw new SandboxError(
    "sandbox/edited-script",
    `Cannot keep "/${path}": another maintainer script edited it`,
    {
      subject: `/${path}`,
      hint: "Report this to the maintainer of the package whose script does so",
    },
  );
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
