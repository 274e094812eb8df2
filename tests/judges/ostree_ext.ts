import { output, run } from "../support/archive.ts";

const HERE = new URL("ostree_ext", import.meta.url).pathname;
const TARGET = new URL("../../build/ostree-ext", import.meta.url).pathname;

/** Build ostree-ext's command line; takes about a minute the first time. */
export async function buildOstreeExt(): Promise<void> {
  await run(
    "cargo",
    "build",
    "--quiet",
    "--locked",
    `--manifest-path=${HERE}/Cargo.toml`,
    `--target-dir=${TARGET}`,
  );
}

/** Run a command of ostree-ext. @returns What it wrote to standard output. */
export async function ostreeExt(...args: string[]): Promise<string> {
  return await output(`${TARGET}/debug/judge`, ...args);
}
