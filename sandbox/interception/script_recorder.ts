import { isSameState } from "./file_state.ts";
import type { Message } from "./messages.ts";
import { OverlayScan, type OverlayScanOptions } from "./overlay_scan.ts";
import type { FileChange, InterceptedCall, RunningScript, ScriptRun } from "./record.ts";
import { SystemFacts } from "./system_facts.ts";

/** How a {@linkcode ScriptRecorder} works. */
export interface ScriptRecorderOptions extends OverlayScanOptions {
  /** Told when a script begins, and with `undefined` when none is at work any more. */
  readonly onScript?: (script: RunningScript | undefined) => void;
}

/** Scripts that may run inside one another before no more are recorded. */
const MOST_NESTED = 16;
/** Runs, and calls of one run, that are recorded. */
const MOST_RUNS = 20_000;
const MOST_CALLS = 10_000;

/** A script at work, and what is known of it. */
interface Open {
  readonly path: string;
  readonly script: RunningScript;
  readonly calls: { call: InterceptedCall; id: string }[];
  readonly files: Map<string, FileChange>;
  start: number;
  readonly facts: { users: string[]; groups: string[]; triggers: string[] };
  incomplete: boolean;
}

/**
 * Keeps a record of what each maintainer script does.
 *
 * It looks at the overlay before a script begins and after it has ended, while its wrapper waits. What
 * comes from inside is believed as little as can be: a script can spoil its own record, and no more
 * than that ever happens here.
 */
export class ScriptRecorder {
  readonly #options: ScriptRecorderOptions;
  readonly #scan: OverlayScan;
  readonly #facts: SystemFacts;
  readonly #open: Open[] = [];
  readonly #runs: ScriptRun[] = [];
  /** Calls that no script made. */
  readonly #others: { call: InterceptedCall; id: string }[] = [];

  /** @param options The overlay; nothing runs in it yet. */
  constructor(options: ScriptRecorderOptions) {
    this.#options = options;
    this.#scan = new OverlayScan(options);
    this.#facts = new SystemFacts(options);
  }

  /** Runs that have ended, in the order they began to end. */
  get runs(): readonly ScriptRun[] {
    return this.#runs;
  }

  /** The script that is at work. */
  get running(): RunningScript | undefined {
    return this.#open.at(-1)?.script;
  }

  /** All calls, also those that no maintainer script made. */
  get calls(): InterceptedCall[] {
    const open = this.#open.flatMap((each) => each.calls);
    const others = [...open, ...this.#others].map(({ call }) => call);
    return [...this.#runs.flatMap((run) => run.calls), ...others];
  }

  /** Take a message. @returns Whether its sender waits for an answer. */
  take(message: Message): boolean {
    switch (message.kind) {
      case "begin":
        this.begin(message.path, parseScriptPath(message.path), message.args);
        return true;
      case "end":
        this.end(message.path, message.status);
        return true;
      case "call":
        this.#call(message);
        return false;
      case "result":
        this.#result(message);
        return false;
      case "close":
      case "damaged":
        this.#spoil();
        return false;
    }
  }

  /** A script is about to begin. @param path What tells it apart from others that are at work. */
  begin(
    path: string,
    script: Omit<RunningScript, "args">,
    args: readonly string[],
  ): void {
    if (this.#open.length >= MOST_NESTED) return this.#spoil();
    this.#look();
    // Callers may know more about a script than belongs into its record.
    const { package: name, architecture, version } = script;
    this.#open.push({
      path,
      script: {
        package: name,
        architecture,
        ...(version === undefined ? {} : { version }),
        script: script.script,
        args,
      },
      calls: [],
      files: new Map(),
      start: performance.now(),
      facts: { users: [], groups: [], triggers: [] },
      incomplete: false,
    });
    this.#options.onScript?.(this.running);
  }

  /** A script has ended, and with it all that began later. */
  end(path: string, status: number): void {
    const at = this.#open.findLastIndex((each) => each.path === path);
    if (at < 0) return this.#spoil();
    const now = performance.now();
    this.#look();
    while (this.#open.length > at + 1) this.#close(undefined, now);
    this.#close(status, now);
    this.#options.onScript?.(this.running);
  }

  /** All has ended: what is still open did not tell how. */
  finish(): void {
    if (this.#open.length === 0) return;
    const now = performance.now();
    this.#look();
    while (this.#open.length > 0) this.#close(undefined, now);
    this.#options.onScript?.(undefined);
  }

  /** Find what has changed, and put it down to the script at work. */
  #look(): void {
    const changes = this.#scan.look();
    const facts = this.#facts.look(changes);
    const incomplete = this.#scan.takeIncomplete();
    const open = this.#open.at(-1);
    if (!open) return;
    for (const change of changes) addChange(open.files, change);
    open.facts.users.push(...facts.users);
    open.facts.groups.push(...facts.groups);
    open.facts.triggers.push(...facts.triggers);
    open.incomplete ||= incomplete;
  }

  #close(status: number | undefined, now: number): void {
    const { script, calls, files, facts, start, incomplete } = this.#open.pop()!;
    if (this.#runs.length >= MOST_RUNS) return;
    this.#runs.push({
      ...script,
      status,
      ms: Math.max(0, now - start),
      calls: calls.map(({ call }) => call),
      files: [...files.values()].sort((a, b) => a.path < b.path ? -1 : 1),
      users: [...new Set(facts.users)],
      groups: [...new Set(facts.groups)],
      triggers: [...new Set(facts.triggers)],
      incomplete: incomplete || status === undefined,
    });
  }

  #call({ id, program, action, cwd, argv }: Extract<Message, { kind: "call" }>): void {
    const calls = this.#open.at(-1)?.calls ?? this.#others;
    if (calls.length >= MOST_CALLS) return this.#spoil();
    calls.push({ id, call: { program, argv, cwd, action, status: undefined } });
  }

  #result({ id, status }: Extract<Message, { kind: "result" }>): void {
    for (const calls of [...this.#open.map((each) => each.calls).reverse(), this.#others]) {
      const found = calls.findLast((each) => each.id === id && each.call.action === "run");
      if (!found) continue;
      found.call = { ...found.call, status };
      return;
    }
    this.#spoil();
  }

  #spoil(): void {
    for (const open of this.#open) open.incomplete = true;
  }
}

/** Join a change with what the same script did to the path before. */
function addChange(files: Map<string, FileChange>, change: FileChange): void {
  const { path, after } = change;
  const known = files.get(path);
  const before = known ? known.before : change.before;
  if (isSameState(before, after)) files.delete(path);
  else files.set(path, { path, ...(before ? { before } : {}), ...(after ? { after } : {}) });
}

/** Package and script from where dpkg keeps it: `…/info/NAME[:ARCH].SCRIPT`. */
function parseScriptPath(path: string): Omit<RunningScript, "args"> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  const [pkg = "", architecture = ""] = name.slice(0, Math.max(0, dot)).split(":");
  return { package: pkg, architecture, script: name.slice(dot + 1) };
}
