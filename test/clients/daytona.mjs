/**
 * Drives Daytona's own SDK by lines of JSON: `{"call": NAME, "args": [...]}` on standard input, and one line of
 * `{"value": ...}` or `{"error": ...}` for each on standard output. Bytes travel as base64.
 * Started as `node daytona.mjs FOLDER`, where FOLDER holds the installed packages; the address and the key come from
 * the environment, as the SDK reads them.
 */
import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(path.join(process.argv[2], 'package.json'));
const { Daytona, SandboxState } = require('@daytona/sdk');

// The other way to see states is a stream of events over a socket, which the recorded exchanges do not have.
const daytona = new Daytona({ useDeprecatedPolling: true });

const described = ({ id, name, state, toolboxProxyUrl }) => ({ id, name, state, toolboxProxyUrl });

/** What tests can ask for; each function's first argument is the id of a sandbox where it needs one. */
const calls = {
  knownStates: async () => Object.entries(SandboxState),
  list: async () => {
    const sandboxes = [];
    for await (const sandbox of daytona.list()) {
      sandboxes.push(described(sandbox));
    }
    return sandboxes;
  },
  get: async (id) => described(await daytona.get(id)),
  start: async (id) => {
    const sandbox = await daytona.get(id);
    await sandbox.start();
    return described(sandbox);
  },
  execute: async (id, { command, cwd, timeout }) => {
    const { exitCode, result } = await (await daytona.get(id)).process.executeCommand(command, cwd, undefined, timeout);
    return { exitCode, result };
  },
  listFiles: async (id, folder) => (await daytona.get(id)).fs.listFiles(folder),
  fileDetails: async (id, file) => (await daytona.get(id)).fs.getFileDetails(file),
  searchFiles: async (id, folder, pattern) => (await daytona.get(id)).fs.searchFiles(folder, pattern),
  findFiles: async (id, folder, pattern) => (await daytona.get(id)).fs.findFiles(folder, pattern),
  download: async (id, sources) => {
    const files = await (await daytona.get(id)).fs.downloadFiles(sources.map((source) => ({ source })));
    return files.map(({ source, result, error, errorDetails }) => ({
      source,
      ...(error === undefined
        ? { base64: Buffer.from(result).toString('base64') }
        : { error, code: errorDetails?.code, statusCode: errorDetails?.statusCode }),
    }));
  },
  upload: async (id, files) => {
    await (
      await daytona.get(id)
    ).fs.uploadFiles(files.map(({ destination, base64 }) => ({ destination, source: Buffer.from(base64, 'base64') })));
  },
  createFolder: async (id, folder, mode) => (await daytona.get(id)).fs.createFolder(folder, mode),
  move: async (id, source, destination) => (await daytona.get(id)).fs.moveFiles(source, destination),
  setPermissions: async (id, file, mode) => (await daytona.get(id)).fs.setFilePermissions(file, { mode }),
  delete: async (id, file, recursive) => (await daytona.get(id)).fs.deleteFile(file, recursive),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, args } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await calls[call](...args)) ?? null };
  } catch (error) {
    answer = { error: { name: error.name, message: error.message, statusCode: error.statusCode, code: error.code } };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
