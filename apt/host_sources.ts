import type { SourcesFile } from "./sources.ts";

/**
 * The sources files that a system's own apt uses, in apt's order.
 *
 * @param root Root of the system. @default "/"
 */
export function readHostSources(root = "/"): SourcesFile[] {
  const etc = `${root.replace(/\/$/, "")}/etc/apt`;
  const files: SourcesFile[] = [];
  const add = (path: string, name: string) => {
    try {
      files.push({ name, text: Deno.readTextFileSync(path) });
    } catch (error) {
      // What is no regular file apt passes over, too.
      const passed = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.IsADirectory ||
        error instanceof Deno.errors.NotADirectory;
      if (!passed) throw error;
    }
  };
  add(`${etc}/sources.list`, "sources.list");
  for (const name of namesIn(`${etc}/sources.list.d`)) {
    if (/^[\w.-]+\.(list|sources)$/.test(name)) add(`${etc}/sources.list.d/${name}`, name);
  }
  return files.filter((file) => file.text.trim() !== "");
}

function namesIn(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].map((entry) => entry.name).sort();
  } catch (error) {
    const none = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (none) return [];
    throw error;
  }
}
