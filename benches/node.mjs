// The contestants in Node: reads lines `NAME JOB AMOUNT`; arguments are NAME=MODULE.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { contestants } from "./measure.mjs";

const modules = process.argv.slice(2).map((argument) => argument.split("="));
const measure = await contestants(Object.fromEntries(modules.map(([name, path]) => [name, readFileSync(path)])));
for await (const line of createInterface({ input: process.stdin })) {
  const [name, job, amount] = line.split(" ");
  console.log(measure(name, job, Number(amount)));
}
