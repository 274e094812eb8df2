import { dirname, resolve } from "@std/path";
import { ComposeError } from "../error.ts";

/**
 * Make sure that files can be written whose content only shows at the end of long work.
 *
 * @param paths Files; `undefined` for those that nobody asked for.
 * @throws {ComposeError} `compose/bad-output` if a directory is not there, or stands in the way.
 */
export function requireOutputs(...paths: readonly (string | undefined)[]): void {
  for (const path of paths) {
    if (path === undefined) continue;
    const directory = dirname(resolve(path));
    if (!isDirectory(directory)) throw badOutput(path, `there is no directory "${directory}"`);
    if (isDirectory(path)) throw badOutput(path, "it is a directory");
  }
}

/** Write a file that the user named. @throws {ComposeError} As {@linkcode requireOutputs}. */
export function writeOutput(path: string, text: string): void {
  requireOutputs(path);
  Deno.writeTextFileSync(path, text);
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

function badOutput(path: string, what: string): ComposeError {
  return new ComposeError("compose/bad-output", `Cannot write "${path}": ${what}`, {
    subject: path,
    hint: "Name a file in a directory that is there",
  });
}
