import type { BubblewrapBind } from "./bwrap_args.ts";
import { SandboxError, ScriptError } from "./error.ts";
import { INTERCEPTION_POLICIES } from "./interception/policy.ts";
import type { Sandbox, SandboxResult } from "./sandbox.ts";

/** A maintainer script that runs outside of dpkg. */
export interface MaintainerScript {
  /** The package. */
  readonly package: string;
  /** Its version. */
  readonly version: string;
  /** Its dpkg architecture. */
  readonly architecture: string;
  /** Name of the script. */
  readonly script: "preinst" | "postinst" | "prerm" | "postrm";
  /** Arguments of the script. */
  readonly args: readonly string[];
  /** Architectures for which the package is there, its own among them. @default {1} */
  readonly instances?: number;
  /** Version of the dpkg in whose place it is run. @default {"1.21.0"} */
  readonly dpkgVersion?: string;
}

/** How scripts and dpkg are run. */
export interface ScriptRunOptions {
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told the output as it comes. */
  readonly onOutput?: (text: string) => void;
  /** Further things of the host that the script sees. */
  readonly binds?: readonly BubblewrapBind[];
  /** Directory on the host whose files stand in for those of the overlay. */
  readonly shadow?: string;
}

/** Environment that dpkg gives a maintainer script. @see dpkg(1), "ENVIRONMENT" */
export function scriptEnvironment(script: MaintainerScript): Record<string, string> {
  return {
    DPKG_ADMINDIR: "/var/lib/dpkg",
    DPKG_FORCE: "security-mac,downgrade",
    DPKG_MAINTSCRIPT_ARCH: script.architecture,
    DPKG_MAINTSCRIPT_DEBUG: "0",
    DPKG_MAINTSCRIPT_NAME: script.script,
    DPKG_MAINTSCRIPT_PACKAGE: script.package,
    DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT: `${script.instances ?? 1}`,
    DPKG_ROOT: "",
    DPKG_RUNNING_VERSION: script.dpkgVersion ?? "1.21.0",
  };
}

/**
 * Run one maintainer script.
 *
 * @param path Where the script lies inside the sandbox.
 * @throws {ScriptError} If its status is not 0.
 */
export async function runMaintainerScript(
  sandbox: Sandbox,
  script: MaintainerScript,
  path: string,
  options: ScriptRunOptions = {},
): Promise<SandboxResult> {
  const result = await named(sandbox.run({
    argv: [path, ...script.args],
    environment: scriptEnvironment(script),
    script,
    ...options,
  }));
  if (result.status !== 0) {
    throw scriptFailed(
      sandbox,
      script.package,
      script.script,
      result.status,
      result.output,
    );
  }
  return result;
}

/**
 * Let the dpkg of the tree configure what is unpacked, and process all triggers.
 *
 * @throws {ScriptError} That names the package, its script and what it wrote last.
 */
export async function runDpkgConfigure(
  sandbox: Sandbox,
  options: ScriptRunOptions = {},
): Promise<SandboxResult> {
  const argv = [
    "dpkg",
    "--force-unsafe-io",
    "--force-confdef",
    "--force-confold",
    "--abort-after=1",
    "--configure",
    "--pending",
  ];
  return await runDpkg(sandbox, argv, options);
}

/**
 * Let the dpkg of the tree remove packages; that nothing needs them any more was decided before.
 *
 * @param names As dpkg takes them: `name:arch`.
 * @param options.purge Whether their configuration goes too.
 * @param options.essential Whether essential and protected packages may go.
 * @throws {ScriptError} That names the package, its script and what it wrote last.
 */
export async function runDpkgRemove(
  sandbox: Sandbox,
  names: readonly string[],
  options: ScriptRunOptions & { readonly purge?: boolean; readonly essential?: boolean } = {},
): Promise<SandboxResult> {
  const { purge = false, essential = false, ...run } = options;
  const argv = [
    ...["dpkg", "--force-unsafe-io", "--force-depends", "--abort-after=1"],
    ...(essential ? ["--force-remove-essential", "--force-remove-protected"] : []),
    ...[purge ? "--purge" : "--remove", "--", ...names],
  ];
  return await runDpkg(sandbox, argv, run);
}

async function runDpkg(
  sandbox: Sandbox,
  argv: readonly string[],
  options: ScriptRunOptions,
): Promise<SandboxResult> {
  const result = await named(sandbox.run({ argv, runsScripts: true, ...options }));
  if (result.status === 0) return result;
  const found = parseDpkgFailure(result.output);
  throw scriptFailed(
    sandbox,
    found.package,
    found.script,
    found.status ?? result.status,
    found.output,
  );
}

/** Name the script in the error, where a limit ended it. */
async function named(run: Promise<SandboxResult>): Promise<SandboxResult> {
  try {
    return await run;
  } catch (cause) {
    if (!(cause instanceof SandboxError) || !cause.excess || !cause.script) throw cause;
    const { package: name, script } = cause.script;
    const output = lastLines(cause.output);
    const message = `Cannot configure "${name}": its ${script} ${cause.excess.found}`;
    throw new ScriptError("script/limit", message + (output && `\n${output}`), {
      package: name,
      script,
      status: undefined,
      output,
      hint: "It was ended, with all that it had started; nothing was changed",
      cause,
    });
  }
}

/** What dpkg's output says about a failure. */
export interface DpkgFailure {
  /** The package. */
  readonly package: string;
  /** Name of the script. */
  readonly script: string;
  /** Exit status. */
  readonly status: number | undefined;
  /** What was written since the package's turn began. */
  readonly output: string;
}

const SCRIPT_NAMES: Readonly<Record<string, string>> = {
  "pre-installation": "preinst",
  "post-installation": "postinst",
  "pre-removal": "prerm",
  "post-removal": "postrm",
};

/** Find the failing package and script in dpkg's output. */
export function parseDpkgFailure(text: string): DpkgFailure {
  // A script can write such lines as well; dpkg's own come after all of its.
  // A script that asked something may have left its line open.
  const found = [...text.matchAll(/dpkg: error processing package (\S+) \([^)]*\):\n (.*)$/gm)]
    .at(-1);
  const name = found?.[1]?.replace(/:.*/, "") ?? "";
  const detail = found?.[2] ?? "";
  const kind = /package (\S+) script/.exec(detail)?.[1] ?? "";
  const status = /exit status (\d+)/.exec(detail)?.[1];
  const turn = text.slice(0, found?.index ?? text.length);
  const begin = Math.max(
    turn.lastIndexOf("\nSetting up "),
    turn.lastIndexOf("\nProcessing triggers for "),
  );
  const output = turn.slice(begin < 0 ? 0 : begin + 1).trimEnd();
  return {
    package: name,
    script: SCRIPT_NAMES[kind] ?? (kind || "configure"),
    status: status === undefined ? undefined : Number(status),
    output: kind === "" && detail !== "" ? `${output}\n${detail}` : output,
  };
}

function scriptFailed(
  sandbox: Sandbox,
  name: string,
  script: string,
  status: number,
  output: string,
): ScriptError {
  if (name === "") {
    // dpkg did not live to tell: the record knows who was at work.
    const last = sandbox.scripts().at(-1);
    if (last) [name, script] = [last.package, last.script];
  }
  const lines = lastLines(output);
  const context = { package: name, script, status, output: lines };
  const run = sandbox.scripts().findLast((run) => run.package === name && run.script === script);
  const refused = run?.calls.findLast((call) => call.action === "refuse");
  if (refused) {
    const { program, argv } = refused;
    const reason = INTERCEPTION_POLICIES.find((each) => each.program === program)?.reason ?? "";
    return new ScriptError(
      "script/refused",
      `Cannot configure "${name}": its ${script} needs "${
        [program, ...argv].join(" ")
      }", which is refused: ${reason}`,
      { ...context, hint: "The package cannot be part of an image as it is; nothing was changed" },
    );
  }
  return new ScriptError(
    "script/failed",
    `Cannot configure "${name}": its ${script} ended with status ${status}${lines && `\n${lines}`}`,
    { ...context, hint: "The lines above are what the script wrote last; nothing was changed" },
  );
}

function lastLines(output: string): string {
  return output.trimEnd().split("\n").slice(-12).join("\n");
}
