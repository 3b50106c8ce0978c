/** Values that are usually the harmless ones. */
import * as fc from "fast-check";

/** True once in `n` times and one. It shrinks to false. */
export const rarely = (n: number): fc.Arbitrary<boolean> => fc.nat(n).map((value) => value === n);
/** False once in eight times. It shrinks to true. */
export const likely: fc.Arbitrary<boolean> = rarely(7).map((is) => !is);

/** Usually short, now and then long. */
export const ms = (usual: number, longest: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 3, arbitrary: fc.nat(usual) }, { weight: 1, arbitrary: fc.nat(longest) });
