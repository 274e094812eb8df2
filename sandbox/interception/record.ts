import type { InterceptionAction } from "./policy.ts";

/** One call of an intercepted program. */
export interface InterceptedCall {
  /** Name of the program. */
  readonly program: string;
  /** Its arguments. */
  readonly argv: readonly string[];
  /** Working directory of the caller. */
  readonly cwd: string;
  /** What became of the call. */
  readonly action: InterceptionAction;
  /** Exit status, where the real program ran to its end. */
  readonly status: number | undefined;
}

/** State of one path, as a maintainer script found or left it. */
export interface FileState {
  /** What stands there. */
  readonly type: "file" | "dir" | "symlink" | "device" | "fifo" | "socket";
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** Bytes of a file. */
  readonly size?: number;
  /** Digest of a file, in hex; absent where it could not be read. */
  readonly sha256?: string;
  /** Where a link leads. */
  readonly target?: string;
}

/** What a maintainer script did to one path. */
export interface FileChange {
  /** Absolute path inside. */
  readonly path: string;
  /** Absent for a path that is new. */
  readonly before?: FileState;
  /** Absent for a path that is gone. */
  readonly after?: FileState;
}

/** A maintainer script at work. */
export interface RunningScript {
  /** The package. */
  readonly package: string;
  /** Its dpkg architecture; "" where dpkg's database does not tell copies of it apart. */
  readonly architecture: string;
  /** Its version, where it is known. */
  readonly version?: string;
  /** Which of its scripts, for example `postinst`. */
  readonly script: string;
  /** Its arguments. */
  readonly args: readonly string[];
}

/** What one run of a maintainer script did. */
export interface ScriptRun extends RunningScript {
  /** Exit status, 128 and more for a signal; `undefined` where its end was not seen. */
  readonly status: number | undefined;
  /** Duration in milliseconds. */
  readonly ms: number;
  /** Calls that were intercepted, in their order. */
  readonly calls: readonly InterceptedCall[];
  /** Files added, changed and removed, sorted by path. */
  readonly files: readonly FileChange[];
  /** Names of users that it added. */
  readonly users: readonly string[];
  /** Names of groups that it added. */
  readonly groups: readonly string[];
  /** Triggers that it activated. */
  readonly triggers: readonly string[];
  /** Whether something is missing, since there was too much of it or the script was in the way. */
  readonly incomplete: boolean;
}
