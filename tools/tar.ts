/** A tar archive that depends on nothing but its contents: no times, no owners, the files sorted by name. */

export interface ArchiveFile {
  /** At most 100 bytes of ASCII. */
  name: string;
  mode: number;
  bytes: Uint8Array;
}

const BLOCK = 512;

/** The archive in the `ustar` format, in pieces to be written one after the other. */
export function* tar(files: readonly ArchiveFile[]): Generator<Uint8Array<ArrayBuffer>> {
  const sorted = files.toSorted((a, b) => a.name < b.name ? -1 : 1);
  for (const file of sorted) {
    yield header(file);
    yield new Uint8Array(file.bytes);
    yield new Uint8Array((BLOCK - file.bytes.length % BLOCK) % BLOCK);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header({ name, mode, bytes }: ArchiveFile): Uint8Array<ArrayBuffer> {
  if (!/^[\x20-\x7e]{1,100}$/.test(name)) throw new Error(`cannot archive the name ${JSON.stringify(name)}`);
  const block = new Uint8Array(BLOCK);
  const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0") + "\0";
  put(name, 0);
  put(octal(mode, 7), 100);
  put(octal(0, 7), 108); // owner
  put(octal(0, 7), 116); // group
  put(octal(bytes.length, 11), 124);
  put(octal(0, 11), 136); // time
  put(" ".repeat(8), 148); // the checksum counts itself as blanks
  put("0", 156); // a regular file
  put("ustar\u0000" + "00", 257); // magic and version
  put(octal(block.reduce((sum, byte) => sum + byte, 0), 6) + " ", 148);
  return block;
}
