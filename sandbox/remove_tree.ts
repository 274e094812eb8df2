/**
 * Remove a directory with all that it holds, also where an overlay left directories that even their
 * owner may not enter.
 */
export function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    unlock(path);
    Deno.removeSync(path, { recursive: true });
  }
}

function unlock(path: string): void {
  Deno.chmodSync(path, 0o700);
  for (const entry of Deno.readDirSync(path)) {
    if (entry.isDirectory) unlock(`${path}/${entry.name}`);
  }
}
