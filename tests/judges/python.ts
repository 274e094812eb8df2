import { output, run } from "../support/archive.ts";

const HERE = new URL(".", import.meta.url).pathname;
const VENV = new URL("../../build/judges", import.meta.url).pathname;

/** Make sure that the modules of requirements.txt are installed, in a place of their own. */
export async function installJudges(): Promise<void> {
  const wanted = await Deno.readTextFile(`${HERE}requirements.txt`);
  const stamp = `${VENV}/requirements.txt`;
  const installed = await Deno.readTextFile(stamp).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  if (installed === wanted) return;
  await run("python3", "-m", "venv", "--clear", VENV);
  await run(`${VENV}/bin/pip`, "install", "--quiet", "--requirement", `${HERE}requirements.txt`);
  await Deno.writeTextFile(stamp, wanted);
}

/** Run one of the scripts beside this file. @returns The JSON that it writes. */
export async function judge<T>(script: string, ...args: string[]): Promise<T> {
  return JSON.parse(await output(`${VENV}/bin/python`, `${HERE}${script}`, ...args)) as T;
}
