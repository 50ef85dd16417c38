/** `Content-Disposition` (RFC 6266) of a file to be saved under its own name. */

/**
 * `attachment` with the name as ASCII for clients that know nothing else, and exactly as RFC 5987 writes it. Without
 * quotes, line breaks or percent signs in the former, which clients read in different ways.
 */
export function attachment(name: string): string {
  const plain = name.replace(/[^ -~]|["\\%]/gu, "_");
  const exact = encodeURIComponent(name).replace(
    /['()*!]/g,
    (character) => "%" + character.charCodeAt(0).toString(16).toUpperCase(),
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}
