import { readXattr } from "@apt-ostree/base";
import { findMaker } from "./blame_script.ts";
import { ScriptError } from "./error.ts";
import type { ScriptRun } from "./interception/record.ts";
import type { UpperChange } from "./upper.ts";

/** Bits that give whoever runs a file the rights of its owner or group. */
const SET_ID = 0o6000;

/** Where the changes of a system stand, and who made them. */
export interface PrivilegedContext {
  /** The overlay's upper directory. */
  readonly upper: string;
  /** The overlay's lower directory. */
  readonly lower: string;
  /** Maintainer scripts that have run. */
  readonly scripts: readonly ScriptRun[];
}

/**
 * Refuse a set-id file, or one with capabilities, that a maintainer script made and no package ships.
 *
 * Scripts may change the mode of shipped files, as Debian's do with dpkg-statoverride, and move them,
 * as they do with dpkg-divert; both stand in the record.
 *
 * @throws {ScriptError} `script/refused`.
 */
export function checkPrivileged(context: PrivilegedContext, change: UpperChange): void {
  const { upper, lower, scripts } = context;
  if (change.type !== "file" || scripts.length === 0) return;
  const { path, mode } = change;
  const setId = (mode & SET_ID) !== 0;
  if (!setId && readXattr(`${upper}/${path}`, "security.capability") === undefined) return;
  if (standsBelow(lower, path)) return;
  const maker = findMaker(`/${path}`, scripts) ?? scripts.at(-1)!;
  const state = maker.files.find((file) => file.path === `/${path}`)?.after;
  if (state?.sha256 !== undefined && wasMoved(state.sha256, setId, scripts)) return;
  const what = setId ? `has mode ${mode.toString(8)}` : "has capabilities";
  const { package: name, script, status } = maker;
  throw new ScriptError(
    "script/refused",
    `Cannot configure "${name}": its ${script} made "/${path}", which ${what} and which no package ships`,
    {
      package: name,
      script,
      status,
      output: "",
      hint: "A file that gives rights has to come in a package; nothing was changed",
    },
  );
}

/** Whether a file of the same content, and set-id as well, stood elsewhere and is gone. */
function wasMoved(sha256: string, setId: boolean, scripts: readonly ScriptRun[]): boolean {
  return scripts.some(({ files }) =>
    files.some(({ before, after }) =>
      before?.sha256 === sha256 && after?.sha256 !== sha256 &&
      (!setId || (before.mode & SET_ID) !== 0)
    )
  );
}

/** Whether the lower layer has a file there, and no link on the way. */
function standsBelow(lower: string, path: string): boolean {
  const parts = path.split("/");
  return parts.every((_, at) => {
    const info = lstat([lower, ...parts.slice(0, at + 1)].join("/"));
    return at === parts.length - 1 ? info?.isFile : info?.isDirectory;
  });
}

function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  }
}
