/** Learns counts and saves each: `rememberer.js FILE NAME SAVES MAX-RECORDS`. The count of `NAME 7` is 7. */
import { CountMemory } from '../../../../src/core/tokens/countMemory';

async function main(): Promise<void> {
  const [file, name, saves, maxRecords] = process.argv.slice(2) as [string, string, string, string];
  const memory = await CountMemory.open({ file, tables: 'a', maxRecords: Number(maxRecords) });
  for (let index = 0; index < Number(saves); index++) {
    memory.remember(CountMemory.keyOf(`${name} ${index}`), index);
    await memory.save();
    process.stdout.write(`${index}\n`);
  }
}

void main();
