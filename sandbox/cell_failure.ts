import { quoted, type RunError } from "@apt-ostree/base";
import type { CellExcess } from "./cell_excess.ts";
import { SandboxError } from "./error.ts";
import type { RunningScript } from "./interception/record.ts";
import { SETUP_FAILED } from "./overlay.ts";

/** A program took more than it may, and was ended. */
export function overLimit(
  argv: readonly string[],
  { excess, script, output }: {
    readonly excess: CellExcess;
    readonly script: RunningScript | undefined;
    readonly output: string;
  },
): SandboxError {
  const last = output.trimEnd().split("\n").slice(-3).join("\n").slice(-300);
  return new SandboxError(
    "sandbox/limit",
    `Cannot let ${quoted(argv.join(" "))} go on in the sandbox: it ${excess.found}`,
    { subject: argv[0]!, excess, script, output, hint: `It was ended. Its last output: ${last}` },
  );
}

/** Why the programs around a cell did not even start, or were ended from outside. */
export function cellFailed(cause: RunError): SandboxError {
  if (cause.code === "run/missing") {
    const message = 'Cannot make a sandbox: there is no "unshare" on this machine';
    const hint = "Install the packages util-linux and bubblewrap";
    return new SandboxError("sandbox/missing", message, { hint, cause });
  }
  return new SandboxError("sandbox/failed", `Cannot run a sandbox to its end: ${cause.message}`, {
    hint: "If nobody ended it, the machine had no memory left: see the kernel's log",
    cause,
  });
}

/** Tell a cell that could not be made from a program that failed in it. */
export function checkSetup(output: string): void {
  const lines = output.trimEnd().split("\n");
  const last = lines.at(-1) ?? "";
  const missing = last.startsWith(SETUP_FAILED) ? / no (bwrap|mount)$/.exec(last)?.[1] : undefined;
  if (missing !== undefined) {
    throw new SandboxError(
      "sandbox/missing",
      `Cannot make a sandbox: there is no "${missing}" on this machine`,
      {
        subject: missing,
        hint: `Install the package ${missing === "bwrap" ? "bubblewrap" : missing}`,
      },
    );
  }
  const absent = /^bwrap: execvp (.+): ([^:]+)$/.exec(last);
  if (absent) {
    const [, program = "", reason = ""] = absent;
    throw new SandboxError(
      "sandbox/no-program",
      `Cannot run "${program}" in the tree: ${reason}`,
      {
        subject: program,
        hint: "The tree lacks it, or what its first line names: install the package that has it",
      },
    );
  }
  if (last.startsWith(SETUP_FAILED) || /^(bwrap|unshare|nice|bash): /.test(last)) {
    throw new SandboxError(
      "sandbox/failed",
      `Cannot make a sandbox: ${lines.slice(-3).join("; ")}`,
      {
        hint: "Namespaces and overlayfs must be allowed to this user on this machine",
      },
    );
  }
}
