// JavaScript's side of the comparison, the same in Node and in the browser: loads the modules and times their jobs.

import { mmc } from "./peers/mmc.mjs";

// In the order of `Job::ALL`.
const JOBS = ["heap", "path", "measured", "recorded", "traced", "states", "moves", "storm"];

/**
 * Takes WebAssembly modules by name and gives the function that measures: `js` is the peer in JavaScript, any other
 * name a module. Answers as the native program does.
 */
export async function contestants(modules) {
  const loaded = {};
  for (const [name, bytes] of Object.entries(modules)) {
    loaded[name] = (await WebAssembly.instantiate(bytes)).instance.exports;
  }
  return (name, job, amount) => {
    if (name === "js") {
      const start = performance.now();
      const wait = mmc(amount);
      return line({ seconds: (performance.now() - start) / 1000, requests: amount, wait });
    }
    const module = loaded[name];
    module.prepare(JOBS.indexOf(job), amount);
    const start = performance.now();
    module.run();
    const seconds = (performance.now() - start) / 1000;
    const report = { seconds };
    for (const figure of ["requests", "attempts", "events", "wait", "bytes"]) report[figure] = module[figure]();
    report.peak = module.memory.buffer.byteLength;
    return line(report);
  };
}

const line = (report) => Object.entries(report).map(([name, value]) => `${name}=${value}`).join(" ");
