/** Make a file's date now; an empty one where there is none. */
export function touchFile(path: string): void {
  using _file = Deno.openSync(path, { append: true, create: true });
  const now = new Date();
  Deno.utimeSync(path, now, now);
}
