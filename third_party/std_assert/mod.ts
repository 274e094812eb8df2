/** Offline stand-in for `@std/assert`: the functions this project uses, with its signatures. @module */
import assertions from "node:assert/strict";

/** A failed assertion. */
export class AssertionError extends Error {
  /** Create the error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Fail unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg || "Expected a truthy value");
}

/** Fail unless both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    assertions.deepStrictEqual(actual, expected);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new AssertionError(msg ? `${msg}\n${text}` : text);
  }
}

/** Fail if both are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  assertions.notDeepStrictEqual(actual, expected, msg);
}

/** Fail unless both are the same value. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  assert(Object.is(actual, expected), msg ?? `${String(actual)} is not ${String(expected)}`);
}

/** Fail if the value is null or undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  assert(actual !== undefined && actual !== null, msg ?? "Expected a value");
}

/** Fail unless the value is an instance of the class. */
export function assertInstanceOf<T extends new (...args: never[]) => unknown>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  assert(actual instanceof expectedType, msg || `${String(actual)} is no ${expectedType.name}`);
}

/** Fail unless the text contains the other. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  assert(actual.includes(expected), `${msg ?? ""}${JSON.stringify(actual)} lacks ${JSON.stringify(expected)}`);
}

/** Fail unless the text matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  assert(expected.test(actual), `${msg ?? ""}${JSON.stringify(actual)} does not match ${expected}`);
}

/** Fail always. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${msg ? `: ${msg}` : "."}`);
}

/** Fail unless `fn` throws; returns what it threw. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E> = Error as unknown as ErrorClass<E>,
  msgIncludes?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checked(error, ErrorClass, msgIncludes);
  }
  throw new AssertionError("Expected function to throw.");
}

/** Fail unless the promise of `fn` rejects; gives what it threw. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E> = Error as unknown as ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checked(error, ErrorClass, msgIncludes);
  }
  throw new AssertionError(`Expected function to reject${msg ? `: ${msg}` : "."}`);
}

function checked<E extends Error>(error: unknown, expected: ErrorClass<E>, includes?: string): E {
  if (!(error instanceof expected)) {
    throw new AssertionError(`Expected ${expected.name}, got ${String(error)}`, { cause: error });
  }
  if (includes !== undefined) assertStringIncludes(error.message, includes);
  return error;
}
