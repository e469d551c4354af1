// Runs inside the extension host, before every other extension: samples what its thread does, and notes when the event
// loop comes round, and for how long the thread ran until then. `/end` writes what was recorded to the file that the request names and starts anew.
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
  let ranUs = [];
  let timer;
  const note = () => {
    // The profiler reads the same clock.
    turnsUs.push(Number(process.hrtime.bigint() / 1000n));
    const { user, system } = process.threadCpuUsage();
    ranUs.push(user + system);
  };
  const turn = () => {
    note();
    timer = setTimeout(turn, turnEveryMs);
  };
  const begin = () => {
    session.post('Profiler.start');
    turnsUs = [];
    ranUs = [];
    turn();
  };
  const server = createServer((request, response) => {
    clearTimeout(timer);
    note();
    session.post('Profiler.stop', (error, result) => {
      const file = new URL(request.url, 'http://localhost').searchParams.get('file');
      writeFileSync(file, JSON.stringify({ turnsUs, ranUs, profile: result?.profile }));
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
