import { VariantError } from "../error.ts";

/** A GVariant type, taken apart. */
export interface VariantType {
  /** The type as text, for example `a{sv}`. */
  readonly text: string;
  readonly kind: "number" | "string" | "boolean" | "variant" | "array" | "maybe" | "tuple";
  /** A value begins at a multiple of this many bytes. */
  readonly alignment: number;
  /** Size of every value in bytes; 0 where values differ in size. */
  readonly fixedSize: number;
  /** Types of the members of a tuple, or the one type of an array's or maybe's content. */
  readonly children: readonly VariantType[];
  /** Whether it is a dictionary entry `{KV}`. */
  readonly isEntry: boolean;
}

const NUMBER_SIZE: Readonly<Record<string, number>> = {
  y: 1,
  n: 2,
  q: 2,
  i: 4,
  u: 4,
  h: 4,
  x: 8,
  t: 8,
  d: 8,
};

/** Deepest nesting that is read; libraries stop at 65 as well. */
const MAX_DEPTH = 64;
const known = new Map<string, VariantType>();

/**
 * Take a type string apart.
 *
 * @throws {VariantError} `variant/bad-type` if `text` is not one complete type.
 * @see GVariant specification, section 2.1
 */
export function parseVariantType(text: string): VariantType {
  const found = known.get(text);
  if (found) return found;
  const [type, end] = parseAt(text, 0, 0);
  if (end !== text.length) throw bad(text);
  known.set(text, type);
  return type;
}

function parseAt(text: string, at: number, depth: number): [type: VariantType, end: number] {
  if (depth > MAX_DEPTH) throw bad(text);
  const char = text[at];
  if (char === undefined) throw bad(text);
  const size = NUMBER_SIZE[char];
  if (size !== undefined) return [leaf(char, "number", size, size), at + 1];
  if (char === "b") return [leaf("b", "boolean", 1, 1), at + 1];
  if (char === "s" || char === "o" || char === "g") return [leaf(char, "string", 1, 0), at + 1];
  if (char === "v") return [leaf("v", "variant", 8, 0), at + 1];
  if (char === "a" || char === "m") {
    const [child, end] = parseAt(text, at + 1, depth + 1);
    const kind = char === "a" ? "array" : "maybe";
    const alignment = child.alignment;
    return [node(text.slice(at, end), kind, alignment, 0, [child], false), end];
  }
  if (char === "(" || char === "{") return parseMembers(text, at, depth);
  throw bad(text);
}

function parseMembers(text: string, at: number, depth: number): [VariantType, number] {
  const close = text[at] === "(" ? ")" : "}";
  const children: VariantType[] = [];
  let end = at + 1;
  while (text[end] !== close) {
    const [child, next] = parseAt(text, end, depth + 1);
    children.push(child);
    end = next;
  }
  end++;
  if (close === "}" && children.length !== 2) throw bad(text);
  const alignment = Math.max(1, ...children.map((child) => child.alignment));
  let size = 0;
  for (const child of children) {
    if (child.fixedSize === 0) {
      size = 0;
      break;
    }
    size = alignTo(size, child.alignment) + child.fixedSize;
  }
  const fixed = children.every((child) => child.fixedSize > 0);
  const fixedSize = !fixed ? 0 : children.length === 0 ? 1 : alignTo(size, alignment);
  return [node(text.slice(at, end), "tuple", alignment, fixedSize, children, close === "}"), end];
}

/** Next multiple of `alignment` from `offset` on. */
export function alignTo(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

function leaf(
  text: string,
  kind: VariantType["kind"],
  alignment: number,
  fixedSize: number,
): VariantType {
  return node(text, kind, alignment, fixedSize, [], false);
}

function node(
  text: string,
  kind: VariantType["kind"],
  alignment: number,
  fixedSize: number,
  children: readonly VariantType[],
  isEntry: boolean,
): VariantType {
  return { text, kind, alignment, fixedSize, children, isEntry };
}

function bad(text: string): VariantError {
  return new VariantError(
    "variant/bad-type",
    `Cannot read GVariant type "${text}": it is not one type`,
    {
      subject: text,
    },
  );
}
