/**
 * The data of a control message: a list of names and values as text.
 * Owns the syntax, in both directions; which names exist is control's business.
 * Source: RFC 9327 §4; line breaks as ntpd 4.2.8p15 makes them (autokey-reference.md §11).
 */

export interface Variable {
  readonly name: string;
  /** without its quotes; undefined: the name stood alone, as in a request */
  readonly value: string | undefined;
}

/** A line is broken before an item that would reach this column. */
const LINE_LIMIT = 72;

/**
 * Reads `name, name=value, name="quoted, value"`. Never fails: white space, control characters and empty items are
 * skipped, a quote that is not closed ends with the text. At most `limit` items (a datagram holds 468 bytes).
 */
export function parseVariables(text: string, limit = 1024): Variable[] {
  const variables: Variable[] = [];
  let at = 0;
  while (at < text.length && variables.length < limit) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code === 0x2c) {
      at += 1;
      continue;
    }
    const nameStart = at;
    while (at < text.length && text[at] !== ',' && text[at] !== '=') at += 1;
    const name = trim(text.slice(nameStart, at));
    if (text[at] !== '=') {
      variables.push({ name, value: undefined });
      continue;
    }
    at += 1;
    let value = '';
    let bare = '';
    while (at < text.length && text[at] !== ',') {
      if (text[at] === '"' && trim(bare) === '') {
        const close = text.indexOf('"', at + 1);
        const end = close < 0 ? text.length : close;
        value += text.slice(at + 1, end);
        bare = '';
        at = end + 1;
      } else {
        bare += text[at];
        at += 1;
      }
    }
    variables.push({ name, value: value + trim(bare) });
  }
  return variables;
}

/** ASCII white space, control characters and NUL padding off both ends. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end -= 1;
  return text.slice(start, end);
}

/** `name="value"`. The syntax has no escapes: a quote becomes an apostrophe, what is not printable ASCII a '?'. */
export function quoted(name: string, value: string): string {
  const safe = value.replaceAll('"', "'").replace(/[^\x20-\x7e]/gu, '?');
  return `${name}="${safe}"`;
}

/**
 * Items (`name=value` each) as ntpd sends them: joined by ", ", the blank replaced by "\r\n" where the next item would
 * reach column 72, "\r\n" at the end. No items: no text.
 */
export function formatVariables(items: readonly string[]): string {
  let text = '';
  let column = 0;
  for (const item of items) {
    if (text !== '') {
      text += ',';
      column += 1;
      if (item.length + column + 1 >= LINE_LIMIT) {
        text += '\r\n';
        column = 0;
      } else {
        text += ' ';
        column += 1;
      }
    }
    text += item;
    column += item.length;
  }
  return text === '' ? '' : `${text}\r\n`;
}
