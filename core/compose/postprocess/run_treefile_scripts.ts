import type { Sandbox } from "@apt-ostree/sandbox";
import { ScriptError } from "@apt-ostree/sandbox";
import { ComposeError } from "../../error.ts";
import type { TreefileFile } from "../../treefile/treefile.ts";

/** How scripts are run. */
export interface TreefileScriptOptions {
  readonly signal?: AbortSignal;
}

/**
 * Run the inline scripts of a treefile in the finished tree, in order.
 *
 * @throws {ScriptError} `script/failed` with the number of the script and what it wrote last.
 */
export async function runTreefileScripts(
  sandbox: Sandbox,
  scripts: readonly string[],
  options: TreefileScriptOptions = {},
): Promise<void> {
  for (const [at, script] of scripts.entries()) {
    // The script goes in by standard input: nothing of it is left in the tree.
    const run = "cat > /tmp/postprocess && chmod 0755 /tmp/postprocess && exec /tmp/postprocess";
    const text = script.startsWith("#!") ? script : `#!/bin/sh\nset -e\n${script}`;
    const { status, output } = await sandbox.run({
      argv: ["sh", "-c", run],
      stdin: text,
      ...options,
    });
    if (status !== 0) throw scriptFailed(`postprocess script ${at + 1}`, status, output);
  }
}

/** Where the program of a treefile lies in the sandbox. */
const PROGRAM = "/run/apt-ostree/postprocess";

/**
 * Run the program that a treefile names in the finished tree.
 *
 * @throws {ScriptError} `script/failed` with what it wrote last.
 * @throws {ComposeError} `compose/no-such-program` if it is not executable.
 */
export async function runTreefileProgram(
  sandbox: Sandbox,
  file: TreefileFile,
  options: TreefileScriptOptions = {},
): Promise<void> {
  if (((Deno.statSync(file.path).mode ?? 0) & 0o111) === 0) {
    throw new ComposeError(
      "compose/no-such-program",
      `Cannot run postprocess-script "${file.path}": it is not executable`,
      { subject: file.path, hint: `Make it: chmod +x ${file.path}` },
    );
  }
  const { status, output } = await sandbox.run({
    argv: [PROGRAM],
    binds: [{ source: file.path, dest: PROGRAM, writable: false }],
    ...options,
  });
  if (status !== 0) throw scriptFailed(`postprocess-script "${file.path}"`, status, output);
}

function scriptFailed(name: string, status: number, output: string): ScriptError {
  const lines = output.trimEnd().split("\n").slice(-12).join("\n");
  return new ScriptError(
    "script/failed",
    `Cannot finish the tree: ${name} ended with status ${status}${lines && `\n${lines}`}`,
    {
      package: "",
      script: name,
      status,
      output: lines,
      hint: "The lines above are what the script wrote last; nothing was changed",
    },
  );
}

/**
 * Enable units and set the target that the system boots to, as their `[Install]` sections say.
 *
 * @throws {ComposeError} `compose/no-such-unit`.
 */
export async function enableUnits(
  sandbox: Sandbox,
  units: readonly string[],
  defaultTarget: string | undefined,
  options: TreefileScriptOptions = {},
): Promise<void> {
  const commands = units.map((unit) => ["systemctl", "enable", "--", unit]);
  if (defaultTarget !== undefined) commands.push(["systemctl", "set-default", "--", defaultTarget]);
  for (const argv of commands) {
    const { status, output } = await sandbox.run({ argv, ...options });
    if (status === 0) continue;
    const unit = argv.at(-1)!;
    const reason = output.trimEnd().split("\n").at(-1) ?? "";
    throw new ComposeError("compose/no-such-unit", `Cannot enable unit "${unit}": ${reason}`, {
      subject: unit,
      hint: "Check the name, and that its package is in packages:",
    });
  }
}
