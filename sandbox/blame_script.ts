import { type SandboxError, ScriptError } from "./error.ts";
import type { ScriptRun } from "./interception/record.ts";

/**
 * Put what cannot be kept down to the maintainer script that left it, by the record; the error itself
 * where none is known. What the record could not name is put down to the last script of which it
 * misses something.
 */
export function blameScript(
  error: SandboxError,
  scripts: readonly ScriptRun[],
): SandboxError | ScriptError {
  const found = error.subject === undefined
    ? heaviestScript(scripts)
    : findMaker(error.subject, scripts) ?? scripts.findLast((run) => run.incomplete);
  if (!found) return error;
  const { package: name, script, status } = found;
  return new ScriptError(
    "script/refused",
    `Cannot configure "${name}": its ${script} left what cannot be kept: ${error.message}`,
    {
      package: name,
      script,
      status,
      output: "",
      hint: "Report it to the maintainer of the package; nothing was changed",
      cause: error,
    },
  );
}

/** The script that left most in files; of equals the last one. */
export function heaviestScript(scripts: readonly ScriptRun[]): ScriptRun | undefined {
  return scripts.toSorted((a, b) => weigh(a) - weigh(b)).at(-1);
}

/** The last script that changed a path, or something below it. */
export function findMaker(path: string, scripts: readonly ScriptRun[]): ScriptRun | undefined {
  const below = path === "/" ? "/" : `${path}/`;
  return scripts.findLast(({ files }) =>
    files.some((file) => file.path === path || file.path.startsWith(below))
  );
}

/** Bytes, and some for each file. */
function weigh({ files }: ScriptRun): number {
  return files.reduce((sum, { after }) => sum + (after?.size ?? 0) + 4096, 0);
}
