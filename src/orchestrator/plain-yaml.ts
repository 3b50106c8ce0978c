/**
 * The YAML that this program writes, read without a YAML library: loading and running one for two short files takes a
 * fifth of an offline command. Block mappings and lists of double-quoted texts, numbers, true and false, with comments
 * on lines of their own. Whatever else YAML has, an escape or a variable too, is the library's. Pure.
 */

/** Indentation, dash, key, and a text or another scalar. All printable ASCII, without escapes and dollar signs. */
const LINE =
  /^( *)(- )?(?:([a-z][a-z-]*):(?: (?=\S)|$))?(?:"([ !#%-[\]-~]*)"|(true|false|(?:0|[1-9]\d{0,8})(?:\.\d{1,8})?))?$/;
const COMMENT_OR_BLANK = /^ *(?:#[^\p{Cc}\u2028\u2029\ufeff]*)?$/u;
/** These are no texts to YAML 1.1. */
const NOT_A_TEXT = /^(?:y|n|yes|no|on|off|true|false|null)$/;

type Scalar = string | number | boolean;
export type Plain = Scalar | readonly Plain[] | { readonly [key: string]: Plain };

/** A dash, or an entry of a mapping (with a key), or an item: each at its column. */
type Token =
  | { readonly kind: "dash"; readonly column: number }
  | {
      readonly kind: "entry";
      readonly column: number;
      readonly key: string;
      readonly value: Scalar | undefined;
    }
  | { readonly kind: "item"; readonly column: number; readonly value: Scalar };

/** @returns what the library reads too; undefined: it is for the library. */
export function parsePlainYaml(text: string): Plain | undefined {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  const reader = new Reader(tokens);
  const value = reader.block(0);
  return reader.isAtEnd ? value : undefined;
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (const line of text.split("\n")) {
    if (COMMENT_OR_BLANK.test(line)) continue;
    const [whole, indentation = "", dash = "", key, quoted, bare] = LINE.exec(line) ?? [];
    if (whole === undefined) return undefined;
    if (dash !== "") tokens.push({ kind: "dash", column: indentation.length });
    const column = indentation.length + dash.length;
    const value = quoted ?? (bare === undefined ? undefined : scalarOf(bare));
    if (key !== undefined) tokens.push({ kind: "entry", column, key, value });
    else if (value !== undefined) tokens.push({ kind: "item", column, value });
    else return undefined;
  }
  return tokens;
}

const scalarOf = (text: string): Scalar =>
  text === "true" || text === "false" ? text === "true" : Number(text);

/** What it can't read stays unread. */
class Reader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#next === this.#tokens.length;
  }

  /** The mapping, list or item whose parts are all at this column. */
  block(column: number): Plain | undefined {
    const token = this.#at(column);
    if (token?.kind === "dash") return this.#list(column);
    if (token?.kind === "entry") return this.#mapping(column);
    if (token?.kind !== "item") return undefined;
    this.#next += 1;
    return token.value;
  }

  #at(column: number): Token | undefined {
    const token = this.#tokens[this.#next];
    return token?.column === column ? token : undefined;
  }

  #list(column: number): Plain | undefined {
    const items: Plain[] = [];
    while (this.#at(column)?.kind === "dash") {
      this.#next += 1;
      const item = this.block(column + 2);
      if (item === undefined) return this.#refuse();
      items.push(item);
    }
    return items;
  }

  #mapping(column: number): Plain | undefined {
    const entries = new Map<string, Plain>();
    for (let token = this.#at(column); token?.kind === "entry"; token = this.#at(column)) {
      const { key } = token;
      this.#next += 1;
      const value = token.value ?? this.#below(column);
      if (value === undefined || entries.has(key) || NOT_A_TEXT.test(key)) return this.#refuse();
      entries.set(key, value);
    }
    return Object.fromEntries(entries);
  }

  /** What stands on the lines after a key. A text alone there may be one of several lines. */
  #below(column: number): Plain | undefined {
    const token = this.#tokens[this.#next];
    const isBlock = token !== undefined && token.kind !== "item" && token.column > column;
    return isBlock ? this.block(token.column) : undefined;
  }

  #refuse(): undefined {
    this.#next = -1;
    return undefined;
  }
}
