/**
 * The command line of apt-ostree: `deno run -A jsr:@apt-ostree/cli status`.
 *
 * @module
 */
export { runCommandLine, type Terminal } from "./run.ts";
