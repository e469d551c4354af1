// Runs inside the extension host, before every other extension: samples what its thread does, and notes when the event
// loop comes round. `/end` writes what was recorded to the file that the request names and starts anew.
const { writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { Session } = require('node:inspector');
const process = require('node:process');
const { clearTimeout, setTimeout } = require('node:timers');
const { URL } = require('node:url');

const sampleEveryUs = 200;
const turnEveryMs = 1;

exports.activate = (context) => {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: sampleEveryUs });
  let turnsUs = [];
  let timer;
  // The profiler reads the same clock.
  const turn = () => {
    turnsUs.push(Number(process.hrtime.bigint() / 1000n));
    timer = setTimeout(turn, turnEveryMs);
  };
  const begin = () => {
    session.post('Profiler.start');
    turnsUs = [];
    turn();
  };
  const server = createServer((request, response) => {
    clearTimeout(timer);
    turnsUs.push(Number(process.hrtime.bigint() / 1000n));
    session.post('Profiler.stop', (error, result) => {
      const file = new URL(request.url, 'http://localhost').searchParams.get('file');
      writeFileSync(file, JSON.stringify({ turnsUs, profile: result?.profile }));
      response.end();
      begin();
    });
  });
  begin();
  server.listen(0, '127.0.0.1', () => {
    writeFileSync(process.env.BENCH_METER_PORT_FILE, String(server.address().port));
  });
  context.subscriptions.push({ dispose: () => server.close() });
};
