/** The suggested name, or the first of `name 2`, `name 3`, … that is not taken. */
export function freeName(taken: ReadonlySet<unknown>, suggested: string): string {
  let name = suggested;
  for (let number = 2; taken.has(name); number += 1) {
    name = `${suggested} ${number}`;
  }
  return name;
}
