/** Something below /var that has to exist on every host. */
export type VarEntry =
  | {
    readonly type: "directory";
    readonly path: string;
    /** Permission bits, set-id and sticky bits among them. */
    readonly mode: number;
    /** Owner by name where the tree has one, else by number. */
    readonly user: string;
    readonly group: string;
  }
  | { readonly type: "symlink"; readonly path: string; readonly target: string }
  | {
    readonly type: "file";
    readonly path: string;
    readonly mode: number;
    readonly user: string;
    readonly group: string;
    /** Absolute path of the copy in the image. */
    readonly source: string;
  };

/**
 * The tmpfiles.d line that makes an entry at boot where it is missing.
 *
 * @see tmpfiles.d(5)
 */
export function formatTmpfilesLine(entry: VarEntry): string {
  const path = quoteTmpfiles(entry.path);
  switch (entry.type) {
    case "directory":
      return `d ${path} ${octal(entry.mode)} ${entry.user} ${entry.group} -`;
    case "symlink":
      return `L ${path} - - - - ${escapeSpecifiers(entry.target)}`;
    case "file":
      return `C ${path} ${octal(entry.mode)} ${entry.user} ${entry.group} - ` +
        escapeSpecifiers(entry.source);
  }
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

/** A path as one word of a line: specifiers, white space and quotes lose their meaning. */
function quoteTmpfiles(path: string): string {
  const escaped = escapeSpecifiers(path);
  return /[\s"'\\]/.test(escaped)
    ? `"${escaped.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\t/g, "\\t")}"`
    : escaped;
}

function escapeSpecifiers(text: string): string {
  return text.replaceAll("%", "%%");
}
