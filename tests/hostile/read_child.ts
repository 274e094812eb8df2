/**
 * `read_child.ts read|import REPO DEB...`: read or import each .deb, and write an {@linkcode Outcome} a
 * line.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { openDeb } from "@apt-ostree/apt";
import { AptOstreeError } from "@apt-ostree/base";
import { importPackages } from "@apt-ostree/core";
import { Repo } from "@apt-ostree/ostree";

/** What became of a .deb. */
export interface Outcome {
  /** Path of the .deb. */
  readonly deb: string;
  /** "ok", the code of an error of ours, or "crash" for any other. */
  readonly end: string;
  /** Message of the error. */
  readonly message: string;
  /** Its subject. */
  readonly subject: string;
  /** Duration in milliseconds. */
  readonly ms: number;
}

if (import.meta.main) {
  const [task, path = "", ...debs] = Deno.args;
  const repo = Repo.open(path);
  for (const deb of debs) {
    const outcome = await step(deb, async () => {
      if (task === "read") {
        return await (await openDeb(deb)).walk({ entry() {}, data() {}, end() {} });
      }
      const job = {
        name: "raw",
        version: "1",
        architecture: "all",
        path: deb,
        sha256: digest(deb),
      };
      await importPackages(repo, one(job), 1);
    });
    await print(outcome);
  }
}

async function step(deb: string, run: () => Promise<void>): Promise<Outcome> {
  const start = performance.now();
  try {
    await run();
    return { deb, end: "ok", message: "", subject: "", ms: performance.now() - start };
  } catch (error) {
    const ms = performance.now() - start;
    // The class of an error does not cross from a worker, its code does.
    if (error instanceof AptOstreeError && error.code !== "worker/died") {
      return { deb, end: error.code, message: error.message, subject: error.subject ?? "", ms };
    }
    const message = error instanceof Error ? error.stack ?? error.message : String(error);
    return { deb, end: "crash", message, subject: "", ms };
  }
}

async function* one<T>(item: T): AsyncGenerator<T> {
  yield await Promise.resolve(item);
}

function digest(path: string): string {
  using file = Deno.openSync(path);
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1024 * 1024);
  for (let read; (read = file.readSync(buffer)) !== null;) hash.update(buffer.subarray(0, read));
  return hash.digest("hex");
}

async function print(outcome: Outcome): Promise<void> {
  await new Blob([`${JSON.stringify(outcome)}\n`]).stream().pipeTo(Deno.stdout.writable, {
    preventClose: true,
  });
}
