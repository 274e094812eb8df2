import { callLibc, cString, libc, LibcError } from "./libc.ts";

/**
 * Become another program: same process, terminal, environment and open streams; nothing of this one
 * is left, and so nothing has to pass on signals or the exit status.
 *
 * @param argv Program and arguments; the program is a name on `PATH` or a path.
 * @throws {LibcError} If the program cannot be started; this process goes on then.
 * @see execvp(3)
 */
export function replaceProcess(argv: readonly string[]): never {
  const texts = argv.map(cString);
  const addresses = new BigUint64Array(argv.length + 1); // the last one stays null
  const nothing = new Uint8Array(1);
  for (const [at, text] of texts.entries()) {
    addresses[at] = BigInt(libc().addressOf(text, nothing, 0n)); // copies nothing, returns where
  }
  const bytes = new Uint8Array(addresses.buffer);
  const { errno } = callLibc(() => libc().execvp(texts[0]!, bytes));
  throw new LibcError("start", argv[0]!, errno);
}
