import { type HostEdit, previewChange } from "@apt-ostree/core";
import type { CommandContext } from "./command.ts";
import { CliError } from "./error.ts";
import { formatPreview } from "./format/preview.ts";

/** Options of every command that can show a change before it is made. */
export const PREVIEW_OPTIONS = {
  "preview": { type: "boolean", help: "Show all that would change, and change nothing" },
  "sysroot": { type: "string", value: "SYSROOT", help: "Use system root SYSROOT (default: /)" },
  "cache-only": { type: "boolean", short: "C", help: "Do not use the network" },
  "verbose": { type: "boolean", short: "v", help: "Show every file" },
  "json": { type: "boolean", help: "Output JSON" },
} as const;

/** Values of {@linkcode PREVIEW_OPTIONS}, and of those that only some commands have. */
export interface PreviewValues {
  readonly "preview": boolean;
  readonly "sysroot": string | undefined;
  readonly "cache-only": boolean;
  readonly "verbose": boolean;
  readonly "json": boolean;
  readonly "allow-inactive"?: boolean;
  readonly "idempotent"?: boolean;
}

/**
 * Show what a change would do.
 *
 * @param name Name of the command, for messages.
 * @returns The exit status.
 * @throws {CliError} `cli/no-transactions` where no preview is asked for: hosts are not changed yet.
 */
export async function runPreview(
  { print, progress, signal }: CommandContext,
  name: string,
  values: PreviewValues,
  edit: HostEdit,
): Promise<number> {
  if (!values.preview) {
    throw new CliError(
      "cli/no-transactions",
      `Cannot run "${name}" on this host: apt-ostree does not change hosts yet`,
      {
        subject: name,
        hint: "With --preview it shows what would change; images change with compose tree",
      },
    );
  }
  const preview = await previewChange({
    edit,
    ...(values.sysroot === undefined ? {} : { sysroot: values.sysroot }),
    cacheOnly: values["cache-only"],
    allowInactive: values["allow-inactive"] ?? false,
    idempotent: values.idempotent ?? false,
    signal,
    // JSON is one document: nothing else goes to standard output.
    ...(values.json ? {} : { progress }),
  });
  print(values.json ? JSON.stringify(preview, null, 2) : formatPreview(preview, values));
  return 0;
}

/**
 * Tell names of packages from .debs of this machine.
 *
 * @returns Names as they are, and absolute paths.
 * @throws {CliError} `cli/bad-arguments` for addresses.
 */
export function splitPackages(
  args: readonly string[],
): { readonly packages: readonly string[]; readonly debs: readonly string[] } {
  const packages: string[] = [];
  const debs: string[] = [];
  for (const arg of args) {
    if (/^https?:/.test(arg)) {
      throw new CliError("cli/bad-arguments", `Cannot use "${arg}": it is not on this machine`, {
        subject: arg,
        hint: "Download it, and name the file: ./NAME.deb",
      });
    }
    const path = arg.replace(/^file:\/\//, "");
    if (path.endsWith(".deb") && path.includes("/")) debs.push(realPath(path, arg));
    else packages.push(arg);
  }
  return { packages, debs };
}

function realPath(path: string, arg: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new CliError("cli/bad-arguments", `Cannot use "${arg}": there is no such file`, {
      subject: arg,
      hint: "Check the path",
      cause,
    });
  }
}
