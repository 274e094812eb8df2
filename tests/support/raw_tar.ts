/** One block of a tar archive as a test wants it, right or wrong. */
export interface RawHeader {
  /** Name, as text or as bytes that are no text. */
  readonly name: string | Uint8Array;
  /** @default "0", a regular file */
  readonly flag?: string;
  /** Size, or the twelve bytes that stand for it. @default {0} */
  readonly size?: number | Uint8Array;
  /** Target of a link. */
  readonly link?: string | Uint8Array;
  /** @default {0o644} */
  readonly mode?: number;
  /** Owner's number, or the eight bytes that stand for it. @default {0} */
  readonly uid?: number | Uint8Array;
  /** Name of the owner. @default "root" */
  readonly owner?: string | Uint8Array;
  /** Group's number. @default {0} */
  readonly gid?: number;
  /** Name of the group. @default "root" */
  readonly group?: string;
  /** Bytes that stand from 386 on, where GNU tar keeps its map of a sparse file. */
  readonly sparse?: Uint8Array;
}

const encoder = new TextEncoder();

/** Make a header block in GNU form, its checksum right. */
export function rawHeader(header: RawHeader): Uint8Array<ArrayBuffer> {
  const { name, flag = "0", size = 0, link = "", mode = 0o644, uid = 0, owner = "root" } = header;
  const { gid = 0, group = "root" } = header;
  const block = new Uint8Array(512);
  const put = (at: number, value: string | Uint8Array, length: number) =>
    block.set((typeof value === "string" ? encoder.encode(value) : value).subarray(0, length), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(0, name, 100);
  put(100, octal(mode, 7), 8);
  put(108, typeof uid === "number" ? octal(uid, 7) : uid, 8);
  put(116, octal(gid, 7), 8);
  put(124, typeof size === "number" ? octal(size, 11) : size, 12);
  put(136, octal(1_700_000_000, 11), 12);
  put(156, flag, 1);
  put(157, link, 100);
  put(257, "ustar  ", 7);
  put(265, owner, 31);
  put(297, group, 31);
  if (header.sparse) put(386, header.sparse, 109);
  block.fill(32, 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  put(148, `${octal(sum, 6)}\0`, 7);
  return block;
}

/** Make a member: its header, its bytes, and what fills the last block. */
export function rawMember(header: RawHeader, body: string | Uint8Array = ""): Uint8Array[] {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const padding = new Uint8Array((512 - (bytes.length % 512)) % 512);
  return [rawHeader({ size: bytes.length, ...header }), bytes, padding];
}

/** Make a PAX header, or with `flag` "g" a global one, of exactly these records. */
export function rawPax(
  records: readonly (readonly [key: string, value: string])[],
  flag = "x",
): Uint8Array[] {
  return rawMember(
    { name: "pax", flag },
    records.map(([key, value]) => record(key, value)).join(""),
  );
}

/** What ends an archive. */
export const RAW_END: Uint8Array = new Uint8Array(1024);

function record(key: string, value: string): string {
  const rest = encoder.encode(` ${key}=${value}\n`).length;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
