import { makeFifo } from "@apt-ostree/base";
import { type Message, MESSAGE_MARK, MessageReader } from "./messages.ts";

/**
 * Two named pipes that lead into a sandbox: one tells what goes on there, the other answers.
 *
 * Both ends of both are held open here, so that nobody inside waits for the other side to come.
 */
export class Journal {
  /** FIFO that takes messages. */
  readonly messages: string;
  /** FIFO that gives answers. */
  readonly answers: string;
  readonly #onMessage: (message: Message) => boolean;

  /**
   * @param directory Directory for the pipes.
   * @param onMessage Told each message; returns whether its sender waits for an answer.
   */
  constructor(directory: string, onMessage: (message: Message) => boolean) {
    this.messages = `${directory}/journal`;
    this.answers = `${directory}/answers`;
    this.#onMessage = onMessage;
    // Scripts write from accounts of their own, too.
    makeFifo(this.messages, 0o666);
    makeFifo(this.answers, 0o666);
  }

  /** Take messages while something runs, to the last one that it wrote. */
  async during<T>(run: () => Promise<T>): Promise<T> {
    const open = { read: true, write: true };
    using incoming = await Deno.open(this.messages, open);
    using outgoing = await Deno.open(this.answers, open);
    const end = crypto.randomUUID();
    const reading = this.#read(incoming, outgoing, end);
    try {
      return await run();
    } finally {
      // Answers that nobody took, since nobody had asked, may have filled their pipe: emptied, it lets
      // the reading go on.
      using taken = await Deno.open(this.answers, open);
      let emptying = true;
      const emptied = (async () => {
        const buffer = new Uint8Array(64 * 1024);
        while (emptying) await taken.read(buffer);
      })();
      // Who wrote has ended, and a pipe keeps its order: what is read before this is all there was.
      using last = await Deno.open(this.messages, { write: true });
      const message = ["", MESSAGE_MARK, "2", "close", end, ""].join("\0");
      await writeAll(last, new TextEncoder().encode(message));
      try {
        await reading;
      } finally {
        emptying = false;
        await writeAll(outgoing, NEWLINE);
        await emptied;
      }
    }
  }

  async #read(incoming: Deno.FsFile, outgoing: Deno.FsFile, end: string): Promise<void> {
    const reader = new MessageReader();
    let failure: unknown;
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      const count = await incoming.read(buffer) ?? 0;
      for (const message of reader.push(buffer.subarray(0, count))) {
        if (message.kind === "close" && message.token === end) {
          if (failure !== undefined) throw failure;
          return;
        }
        try {
          if (!this.#onMessage(message)) continue;
        } catch (error) {
          failure ??= error; // nobody inside waits for ever: it is thrown when all has ended
        }
        await writeAll(outgoing, NEWLINE);
      }
    }
  }
}

const NEWLINE = new TextEncoder().encode("\n");

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
