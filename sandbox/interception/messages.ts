import type { InterceptionAction } from "./policy.ts";

/** What shims and wrappers tell from inside the sandbox. */
export type Message =
  /** A maintainer script is about to begin; its wrapper waits for an answer. */
  | { readonly kind: "begin"; readonly path: string; readonly args: readonly string[] }
  /** It has ended; its wrapper waits for an answer. */
  | { readonly kind: "end"; readonly path: string; readonly status: number }
  /** A program was called. */
  | {
    readonly kind: "call";
    readonly id: string;
    readonly program: string;
    readonly action: InterceptionAction;
    readonly cwd: string;
    readonly argv: readonly string[];
  }
  /** The real program of a call has ended. */
  | { readonly kind: "result"; readonly id: string; readonly status: number }
  /** Whoever reads has seen enough, if the token is its own. */
  | { readonly kind: "close"; readonly token: string }
  /** Something came that no shim writes, or there was too much. */
  | { readonly kind: "damaged" };

/** Begins every message, so that reading goes on behind a damaged one. */
export const MESSAGE_MARK = "\x01apt-ostree";
/** Most characters of a message that are kept. */
const MOST_PENDING = 1024 * 1024;

const ACTIONS: readonly string[] = ["run", "defer", "ignore", "refuse"];

/**
 * Reads messages from bytes as they come: a mark, the number of fields and the fields, each ended by
 * a NUL.
 *
 * Whoever is inside can write anything there: what makes no sense becomes one `damaged`, and no more
 * than a mebibyte is ever kept.
 */
export class MessageReader {
  readonly #decoder = new TextDecoder();
  #fields: string[] = [];
  #partial = "";
  #pending = 0;

  /** Take bytes. @returns Messages that are complete now. */
  push(bytes: Uint8Array): Message[] {
    const parts = (this.#partial + this.#decoder.decode(bytes, { stream: true })).split("\0");
    this.#partial = parts.pop()!;
    const messages: Message[] = [];
    for (const part of parts) {
      this.#fields.push(part);
      this.#pending += part.length + 1;
      this.#complete(messages);
    }
    if (this.#pending + this.#partial.length > MOST_PENDING) {
      this.#drop();
      this.#partial = "";
      messages.push({ kind: "damaged" });
    }
    return messages;
  }

  #complete(messages: Message[]): void {
    const [mark, length] = this.#fields;
    if (mark !== MESSAGE_MARK) {
      this.#drop();
      if (mark === "") return; // ends what was written by halves
      if (messages.at(-1)?.kind !== "damaged") messages.push({ kind: "damaged" });
      return;
    }
    if (length === undefined) return;
    const count = Number(length);
    const cut = this.#fields.length > 1 && this.#fields.at(-1) === MESSAGE_MARK;
    if (!Number.isInteger(count) || count < 1 || cut) {
      this.#drop();
      messages.push({ kind: "damaged" });
      if (cut) this.#fields.push(MESSAGE_MARK); // the next message begins here
      return;
    }
    if (this.#fields.length < count + 2) return;
    messages.push(parseMessage(this.#fields.slice(2)));
    this.#drop();
  }

  #drop(): void {
    this.#fields = [];
    this.#pending = 0;
  }
}

function parseMessage([kind, ...rest]: readonly string[]): Message {
  const [first, second, third, fourth] = rest;
  switch (kind) {
    case "begin":
      if (first !== undefined) return { kind, path: first, args: rest.slice(1) };
      break;
    case "end":
      if (first !== undefined && isStatus(second)) return { kind, path: first, status: +second };
      break;
    case "call":
      if (fourth !== undefined && ACTIONS.includes(third!)) {
        const action = third as InterceptionAction;
        const argv = rest.slice(4);
        return { kind, id: first!, program: second!, action, cwd: fourth, argv };
      }
      break;
    case "close":
      if (first !== undefined) return { kind, token: first };
      break;
    case "result":
      if (first !== undefined && isStatus(second)) return { kind, id: first, status: +second };
  }
  return { kind: "damaged" };
}

function isStatus(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,3}$/.test(text);
}
