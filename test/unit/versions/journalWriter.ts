import { Journal } from '../../../src/core/versions/journal';

/** A process of the journal's test: appends numbered records and compacts now and then. */
async function main(): Promise<void> {
  const [folder, name, count] = process.argv.slice(2) as [string, string, string];
  const journal = new Journal(folder);
  for (let index = 0; index < Number(count); index += 1) {
    await journal.append([{ id: `${name}-${index}` }]);
    if (index % 7 === 0) {
      await journal.compact((records) => [
        ...new Map(records.map((record) => [(record as { id: string }).id, record as object])).values(),
      ]);
    }
    if (index % 11 === 0) {
      await journal.read();
    }
  }
  process.disconnect();
}

void main();
