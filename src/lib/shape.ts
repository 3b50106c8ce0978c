/**
 * A minimal schema library for the record of a cluster, which every command reads. A check returns a boolean and copies
 * nothing, because a journal has tens of thousands of records. Loading zod and building the same schemas takes a third of
 * Node's own start-up time.
 */

export type Shape<T> = {
  /** Additional members of an object are allowed. */
  is(value: unknown): value is T;
  /** Drops additional members. */
  copy(value: T): T;
};

/** The type that a shape describes. */
export type Of<S> = S extends Shape<infer T> ? T : never;

type Members = Readonly<Record<string, Shape<unknown>>>;
type Optional<M extends Members> = {
  [K in keyof M]: undefined extends Of<M[K]> ? K : never;
}[keyof M];
type Plain<T> = { [K in keyof T]: T[K] };
export type ObjectOf<M extends Members> = Plain<
  { [K in Exclude<keyof M, Optional<M>>]: Of<M[K]> } & { [K in Optional<M>]?: Of<M[K]> }
>;

const shape = <T>(
  is: (value: unknown) => boolean,
  copy: (value: T) => T = (value) => value,
): Shape<T> => ({ is: is as (value: unknown) => value is T, copy });

export const string = shape<string>((value) => typeof value === "string");
export const boolean = shape<boolean>((value) => typeof value === "boolean");
export const number = shape<number>(Number.isFinite);
export const integer = shape<number>(Number.isSafeInteger);

export const oneOf = <const T extends readonly (string | number)[]>(
  ...values: T
): Shape<T[number]> => shape((value) => values.includes(value as T[number]));

export const nullable = <T>({ is, copy }: Shape<T>): Shape<T | null> =>
  shape(
    (value) => value === null || is(value),
    (value) => (value === null ? null : copy(value)),
  );

/** A member that may be missing. */
export const optional = <T>({ is, copy }: Shape<T>): Shape<T | undefined> =>
  shape(
    (value) => value === undefined || is(value),
    (value) => (value === undefined ? undefined : copy(value)),
  );

export const list = <T>({ is, copy }: Shape<T>): Shape<readonly T[]> =>
  shape(
    (value) => Array.isArray(value) && value.every(is),
    (value) => value.map(copy),
  );

/** An object of any member names. */
export const dictionary = <T>({ is, copy }: Shape<T>): Shape<Record<string, T>> =>
  shape(
    (value) => isObject(value) && Object.values(value).every(is),
    (value) => Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copy(item)])),
  );

export const either = <A, B>(one: Shape<A>, other: Shape<B>): Shape<A | B> =>
  shape(
    (value) => one.is(value) || other.is(value),
    (value) => (one.is(value) ? one.copy(value) : other.copy(value)),
  );

export const object = <M extends Members>(members: M): Shape<ObjectOf<M>> => {
  const all = Object.entries(members);
  return shape(
    (value) => {
      if (!isObject(value)) return false;
      for (const [name, { is }] of all) if (!is(value[name])) return false;
      return true;
    },
    (value) => {
      const given: Record<string, unknown> = value;
      const present = all.filter(([name]) => name in given);
      return Object.fromEntries(
        present.map(([name, { copy }]) => [name, copy(given[name])]),
      ) as ObjectOf<M>;
    },
  );
};

type Kinds = Readonly<Record<string, Members>>;
type KindOf<B extends Members, K extends Kinds> = {
  [T in keyof K & string]: Plain<{ type: T } & ObjectOf<B & K[T]>>;
}[keyof K & string];

/** A union discriminated by `type`: the members of `base` and those of the type. */
export const kinds = <B extends Members, K extends Kinds>(
  base: B,
  byType: K,
): Shape<KindOf<B, K>> => {
  const shapes = new Map(
    Object.entries(byType).map(([type, members]) => [
      type,
      object({ ...base, type: oneOf(type), ...members }) as Shape<unknown>,
    ]),
  );
  const of = (value: unknown): Shape<unknown> | undefined =>
    isObject(value) ? shapes.get(value["type"] as string) : undefined;
  return shape(
    (value) => of(value)?.is(value) ?? false,
    (value) => of(value)?.copy(value) as KindOf<B, K>,
  );
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
