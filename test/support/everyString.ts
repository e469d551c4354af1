/** Visits every string over an alphabet from one to `longest` characters, each after the strings that it begins with. */
export function forEachString(alphabet: readonly string[], longest: number, visit: (text: string) => void): void {
  const extend = (text: string, remaining: number): void => {
    for (const character of alphabet) {
      visit(text + character);
      if (remaining > 1) {
        extend(text + character, remaining - 1);
      }
    }
  };
  extend('', longest);
}
