/**
 * Remove a directory with all that it holds, whatever a script left there: names that are no text,
 * directories in one another by the thousand, and those that an overlay locks even to their
 * owner.
 *
 * Deno's own removal opens one file and takes a piece of the stack for each level, and knows only
 * names that are text; so rm(1) does it. The call waits, since it also runs when an owner is
 * disposed of.
 */
export function removeTree(path: string): void {
  if (!exists(path) || remove(path)) return;
  unlock(path);
  if (!remove(path)) Deno.removeSync(path, { recursive: true }); // throws what stands in the way
}

/** @returns Whether nothing is left. */
function remove(path: string): boolean {
  try {
    // unshare without options only starts the program: it is one of those that may be run.
    const args = ["rm", "-rf", "--one-file-system", "--", path];
    return new Deno.Command("unshare", { args, stdin: "null", stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false; // a machine without unshare has run no scripts either
  }
}

function unlock(path: string): void {
  Deno.chmodSync(path, 0o700);
  for (const entry of Deno.readDirSync(path)) {
    if (entry.isDirectory) unlock(`${path}/${entry.name}`);
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
