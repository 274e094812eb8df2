/**
 * Composes one treefile and tells how it ended: `compose_child.ts JSON`.
 *
 * @module
 */
import { AptOstreeError } from "@apt-ostree/base";
import { composeTree } from "@apt-ostree/core";
import { type CellLimits, ScriptError } from "@apt-ostree/sandbox";

/** What {@linkcode Composed} comes from. */
export interface ComposeJob {
  readonly treefile: string;
  readonly repo: string;
  readonly cellLimits: Partial<CellLimits>;
  /** File that takes the result. */
  readonly result: string;
}

/** How a compose ended. */
export interface Composed {
  /** "ok" or the code of the error. */
  readonly end: string;
  /** Message and hint. */
  readonly text: string;
  /** Package and script that the error names. */
  readonly package: string;
  readonly script: string;
  readonly commit: string | undefined;
}

async function compose({ treefile, repo, cellLimits }: ComposeJob): Promise<Composed> {
  try {
    const result = await composeTree({
      treefile,
      repo,
      cellLimits,
      sourceDateEpoch: 1_700_000_000,
    });
    const commit = "commit" in result ? result.commit : undefined;
    return { end: "ok", text: "", package: "", script: "", commit };
  } catch (error) {
    if (!(error instanceof AptOstreeError)) throw error;
    const { package: name, script } = error instanceof ScriptError
      ? error
      : { package: "", script: "" };
    const text = `${error.message}\n${error.hint ?? ""}`;
    return { end: error.code, text, package: name, script, commit: undefined };
  }
}

if (import.meta.main) {
  const job: ComposeJob = JSON.parse(Deno.args[0]!);
  Deno.writeTextFileSync(job.result, JSON.stringify(await compose(job)));
}
