import { VariantError } from "../error.ts";
import { encodeVariant } from "./encode.ts";
import { alignTo, parseVariantType, type VariantType } from "./type.ts";
import { type Variant, variant } from "./variant.ts";

/**
 * Read a value from GVariant's serialized form, little endian.
 *
 * Strict: only the normal form is taken, the one that {@linkcode encodeVariant} writes, so that two
 * different byte strings are never the same value. Offsets are checked before they are used.
 *
 * @param type GVariant type string.
 * @param bytes The whole value; its length comes from outside.
 * @throws {VariantError} `variant/not-normal`, with the offset of the first wrong byte.
 * @see GVariant specification, section 2.7
 */
export function decodeVariant(type: string, bytes: Uint8Array): unknown {
  const value = get(parseVariantType(type), new Source(bytes), 0, bytes.length, 0);
  const normal = encodeVariant(type, value);
  for (let at = 0; at < Math.max(normal.length, bytes.length); at++) {
    if (normal[at] !== bytes[at]) throw notNormal(type, at, "it is not in normal form");
  }
  return value;
}

const MAX_DEPTH = 64;

function get(
  type: VariantType,
  source: Source,
  start: number,
  end: number,
  depth: number,
): unknown {
  if (depth > MAX_DEPTH) throw notNormal(type.text, start, "it is nested too deeply");
  if (start > end || end > source.bytes.length) {
    throw notNormal(type.text, start, "an offset points outside");
  }
  if (type.fixedSize > 0 && end - start !== type.fixedSize) {
    throw notNormal(type.text, start, `${end - start} bytes instead of ${type.fixedSize}`);
  }
  switch (type.kind) {
    case "number":
      return source.number(type.text, start);
    case "boolean":
      return source.bytes[start] !== 0;
    case "string":
      return source.text(type.text, start, end);
    case "variant":
      return getVariant(source, start, end, depth);
    case "maybe":
      return getMaybe(type, source, start, end, depth);
    case "array":
      return getArray(type, source, start, end, depth);
    case "tuple":
      return getTuple(type, source, start, end, depth);
  }
}

function getVariant(source: Source, start: number, end: number, depth: number): Variant {
  const nul = source.bytes.subarray(start, end).lastIndexOf(0);
  if (nul < 0) throw notNormal("v", start, "it names no type");
  const text = new TextDecoder().decode(source.bytes.subarray(start + nul + 1, end));
  return variant(text, get(parseVariantType(text), source, start, start + nul, depth + 1));
}

function getMaybe(type: VariantType, source: Source, start: number, end: number, depth: number) {
  if (start === end) return null;
  const child = type.children[0]!;
  return get(child, source, start, child.fixedSize > 0 ? end : end - 1, depth + 1);
}

function getArray(type: VariantType, source: Source, start: number, end: number, depth: number) {
  const child = type.children[0]!;
  if (child.text === "y") return source.bytes.slice(start, end);
  const items: unknown[] = [];
  if (child.fixedSize > 0) {
    if ((end - start) % child.fixedSize !== 0) {
      throw notNormal(type.text, start, "a part is left over");
    }
    for (let at = start; at < end; at += child.fixedSize) {
      items.push(get(child, source, at, at + child.fixedSize, depth + 1));
    }
    return items;
  }
  if (start < end) {
    const size = containerOffsetSize(end - start);
    const table = start + source.offset(end - size, size, type);
    if (table > end - size || (end - table) % size !== 0) {
      throw notNormal(type.text, end - size, "the table of offsets is wrong");
    }
    let at = start;
    for (let entry = table; entry < end; entry += size) {
      at = start + alignTo(at - start, child.alignment);
      const stop = start + source.offset(entry, size, type);
      if (stop > table) throw notNormal(type.text, entry, "an offset points outside");
      items.push(get(child, source, at, stop, depth + 1));
      at = stop;
    }
  }
  return child.isEntry ? asMap(type, items as [unknown, unknown][], start) : items;
}

function asMap(type: VariantType, entries: [unknown, unknown][], start: number) {
  const map = new Map(entries);
  if (map.size !== entries.length) throw notNormal(type.text, start, "a key stands twice");
  return map;
}

function getTuple(type: VariantType, source: Source, start: number, end: number, depth: number) {
  const size = containerOffsetSize(end - start);
  const values: unknown[] = [];
  let at = start;
  let entry = end;
  type.children.forEach((child, index) => {
    at = start + alignTo(at - start, child.alignment);
    let stop: number;
    if (child.fixedSize > 0) stop = at + child.fixedSize;
    else if (index === type.children.length - 1) stop = entry;
    else {
      entry -= size;
      if (entry < start) throw notNormal(type.text, start, "it is too short");
      stop = start + source.offset(entry, size, type);
    }
    if (stop > entry) throw notNormal(type.text, at, "an offset points outside");
    values.push(get(child, source, at, stop, depth + 1));
    at = stop;
  });
  return values;
}

/** Size of the offsets of a container of `size` bytes, offsets included. */
function containerOffsetSize(size: number): 1 | 2 | 4 | 8 {
  return size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8;
}

function notNormal(type: string, offset: number, what: string): VariantError {
  return new VariantError(
    "variant/not-normal",
    `Cannot read GVariant "${type}" at byte ${offset}: ${what}`,
    { subject: type },
  );
}

class Source {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  number(type: string, at: number): number | bigint {
    const view = this.#view;
    switch (type) {
      case "y":
        return view.getUint8(at);
      case "n":
        return view.getInt16(at, true);
      case "q":
        return view.getUint16(at, true);
      case "i":
      case "h":
        return view.getInt32(at, true);
      case "u":
        return view.getUint32(at, true);
      case "x":
        return view.getBigInt64(at, true);
      case "t":
        return view.getBigUint64(at, true);
      default:
        return view.getFloat64(at, true);
    }
  }

  text(type: string, start: number, end: number): string {
    if (end <= start || this.bytes[end - 1] !== 0) throw notNormal(type, start, "it has no end");
    const body = this.bytes.subarray(start, end - 1);
    if (body.includes(0)) throw notNormal(type, start, "it has a NUL inside");
    try {
      return utf8.decode(body);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw notNormal(type, start, "it is not UTF-8");
    }
  }

  offset(at: number, size: number, type: VariantType): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (this.bytes[at + i] ?? 0);
    if (!Number.isSafeInteger(value)) throw notNormal(type.text, at, "an offset points outside");
    return value;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
