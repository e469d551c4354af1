import { parentPort, workerData } from 'node:worker_threads';
import { UserError, describeError } from '../core/errors';
import { createTokenCounter } from '../core/tokens/localCounter';
import type { WorkerAnswer, WorkerRequest, WorkerSettings } from './protocol';

const counter = createTokenCounter(workerData as WorkerSettings);

async function answer(request: WorkerRequest): Promise<WorkerAnswer> {
  const { id, encoding } = request;
  try {
    switch (request.kind) {
      case 'count':
        return { kind: 'counted', id, counts: await counter.countAll(request.texts, encoding) };
      case 'tables':
        return { kind: 'opened', id, tables: await counter.tables(encoding) };
    }
  } catch (error) {
    return error instanceof UserError
      ? { kind: 'failed', id, message: error.message, nextStep: error.nextStep }
      : { kind: 'failed', id, message: describeError(error), nextStep: 'Reload the window and try again.' };
  }
}

parentPort!.on('message', (request: WorkerRequest) => {
  void answer(request).then((reply) => {
    parentPort!.postMessage(reply);
  });
});
