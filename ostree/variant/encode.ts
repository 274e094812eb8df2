import { VariantError } from "../error.ts";
import { alignTo, parseVariantType, type VariantType } from "./type.ts";
import type { Variant } from "./variant.ts";

/**
 * Write a value in GVariant's serialized form, little endian.
 *
 * @param type GVariant type string.
 * @param value The value; see {@linkcode Variant} for what goes with which type.
 * @throws {VariantError} `variant/bad-type` if the value is not of that type.
 * @see GVariant specification, section 2; `docs/formats/ostree.md`
 */
export function encodeVariant(type: string, value: unknown): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  put(writer, parseVariantType(type), value);
  return writer.bytes();
}

/** Smallest of 1, 2, 4, 8 such that a container of `body` bytes can hold `count` offsets. */
export function offsetSize(body: number, count: number): 1 | 2 | 4 | 8 {
  if (body + count <= 0xff) return 1;
  if (body + 2 * count <= 0xffff) return 2;
  if (body + 4 * count <= 0xffffffff) return 4;
  return 8;
}

function put(writer: Writer, type: VariantType, value: unknown): void {
  switch (type.kind) {
    case "number":
      return putNumber(writer, type, value);
    case "boolean":
      if (typeof value !== "boolean") throw mismatch(type, value);
      return writer.byte(value ? 1 : 0);
    case "string":
      if (typeof value !== "string" || value.includes("\0")) throw mismatch(type, value);
      writer.append(utf8.encode(value));
      return writer.byte(0);
    case "variant": {
      if (!isVariant(value)) throw mismatch(type, value);
      put(writer, parseVariantType(value.type), value.value);
      writer.byte(0);
      return writer.append(utf8.encode(value.type));
    }
    case "maybe": {
      if (value === null || value === undefined) return;
      const child = type.children[0]!;
      put(writer, child, value);
      if (child.fixedSize === 0) writer.byte(0);
      return;
    }
    case "array":
      return putArray(writer, type, value);
    case "tuple":
      return putTuple(writer, type, value);
  }
}

function putNumber(writer: Writer, type: VariantType, value: unknown): void {
  const wide = type.text === "x" || type.text === "t";
  if (wide ? typeof value !== "bigint" : typeof value !== "number") throw mismatch(type, value);
  const view = new DataView(new ArrayBuffer(type.fixedSize));
  switch (type.text) {
    case "y":
      view.setUint8(0, value as number);
      break;
    case "n":
      view.setInt16(0, value as number, true);
      break;
    case "q":
      view.setUint16(0, value as number, true);
      break;
    case "i":
    case "h":
      view.setInt32(0, value as number, true);
      break;
    case "u":
      view.setUint32(0, value as number, true);
      break;
    case "x":
      view.setBigInt64(0, value as bigint, true);
      break;
    case "t":
      view.setBigUint64(0, value as bigint, true);
      break;
    default:
      view.setFloat64(0, value as number, true);
  }
  writer.append(new Uint8Array(view.buffer));
}

function putArray(writer: Writer, type: VariantType, value: unknown): void {
  const child = type.children[0]!;
  if (child.text === "y") {
    if (!(value instanceof Uint8Array)) throw mismatch(type, value);
    return writer.append(value);
  }
  const items = value instanceof Map ? [...value] : value;
  if (!Array.isArray(items)) throw mismatch(type, value);
  const start = writer.length;
  const ends: number[] = [];
  for (const item of items) {
    writer.align(child.alignment);
    put(writer, child, item);
    if (child.fixedSize === 0) ends.push(writer.length - start);
  }
  writer.offsets(start, ends);
}

function putTuple(writer: Writer, type: VariantType, value: unknown): void {
  if (!Array.isArray(value) || value.length !== type.children.length) throw mismatch(type, value);
  const start = writer.length;
  const ends: number[] = [];
  type.children.forEach((child, at) => {
    writer.align(child.alignment);
    put(writer, child, value[at]);
    const last = at === type.children.length - 1;
    if (child.fixedSize === 0 && !last) ends.unshift(writer.length - start);
  });
  if (type.fixedSize > 0) {
    while (writer.length - start < type.fixedSize) writer.byte(0);
  } else writer.offsets(start, ends);
}

function isVariant(value: unknown): value is Variant {
  return typeof value === "object" && value !== null && "type" in value && "value" in value &&
    typeof value.type === "string";
}

function mismatch(type: VariantType, value: unknown): VariantError {
  const what = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return new VariantError(
    "variant/bad-type",
    `Cannot encode GVariant "${type.text}": the value is ${what}`,
    { subject: type.text },
  );
}

const utf8 = new TextEncoder();

/** Bytes that grow at the end. */
class Writer {
  #buffer = new Uint8Array(256);
  length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.length++] = value;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  align(alignment: number): void {
    const end = alignTo(this.length, alignment);
    this.#reserve(end - this.length);
    this.length = end; // the buffer is zero there
  }

  /** Framing offsets of the container that began at `start`. */
  offsets(start: number, ends: readonly number[]): void {
    const size = offsetSize(this.length - start, ends.length);
    this.#reserve(size * ends.length);
    for (const end of ends) {
      let rest = end;
      for (let i = 0; i < size; i++) {
        this.#buffer[this.length++] = rest % 256;
        rest = Math.floor(rest / 256);
      }
    }
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.length);
  }

  #reserve(more: number): void {
    if (this.length + more <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.length + more));
    grown.set(this.#buffer.subarray(0, this.length));
    this.#buffer = grown;
  }
}
