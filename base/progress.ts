/**
 * One step of a long operation, as terminal, JSON lines and D-Bus each draw it.
 *
 * A phase begins, moves on and ends; phases may overlap. Times are milliseconds since the phase
 * began.
 */
export type ProgressEvent =
  | {
    readonly type: "phase-start";
    /** Stable name of the phase, for example `download`. */
    readonly phase: string;
    /** What a person reads, for example `Downloading 12 packages`. */
    readonly title: string;
    /** How many steps there will be, where known. */
    readonly total?: number;
    /** How many bytes there will be, where known. */
    readonly totalBytes?: number;
  }
  | {
    readonly type: "phase-progress";
    readonly phase: string;
    /** Steps done so far. */
    readonly done: number;
    /** How many steps there will be, where that became known, or grew, since the start. */
    readonly total?: number;
    /** Bytes done so far, where the phase counts bytes. */
    readonly bytes?: number;
    /** Bytes a second of late, where the phase counts bytes and knows that. */
    readonly bytesPerSecond?: number;
    /** The thing just finished or begun, for example a package. */
    readonly item?: string;
  }
  | {
    readonly type: "phase-end";
    readonly phase: string;
    /** Steps done in all. */
    readonly done: number;
    readonly bytes?: number;
    /** Duration in milliseconds. */
    readonly ms: number;
    /** What came out, for a person, for example `3 imported, 184 already there`. */
    readonly summary?: string;
  }
  | {
    readonly type: "message";
    readonly level: "info" | "warning";
    readonly text: string;
  };

/** Receives the progress of an operation; must not throw. */
export type Progress = (event: ProgressEvent) => void;
