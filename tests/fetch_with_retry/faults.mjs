// Runs the sample against servers that fail, one for each trouble, all at the same time, and prints one line of JSON
// for each: when its attempts arrived, and what came of the call.

import http from "node:http";
import { fetchWithRetry } from "./sample.mjs";

const date = () => new Date(Math.floor(Date.now() / 1000) * 1000 + 3000).toUTCString();
const troubles = {
  s503: { status: 503 },
  s503_post: { status: 503, method: "POST" },
  s503_date: { status: 503, retryAfter: date },
  s503_day: { status: 503, retryAfter: () => "86400" },
  s429: { status: 429, retryAfter: () => "1" },
  s408: { status: 408 },
  s500: { status: 500 },
  refused: { refused: true },
  s503_thrice: { status: 503, times: 3 },
};

async function meet([id, trouble]) {
  const arrivals = [];
  let last = null;
  const server = http.createServer((request, response) => {
    arrivals.push(performance.now());
    request.resume();
    const fails = arrivals.length <= (trouble.times ?? Infinity);
    if (fails && trouble.retryAfter) response.setHeader("Retry-After", trouble.retryAfter());
    last = response.statusCode = fails ? trouble.status : 200;
    response.end("{}");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${server.address().port}/`;
  if (trouble.refused) await new Promise((closed) => server.close(closed));
  const method = trouble.method ?? "GET";
  const call = fetchWithRetry(url, { method, body: method === "POST" ? "{}" : undefined });
  const watched = new Promise((resolve) => setTimeout(() => resolve("waiting"), 6000));
  const outcome = await Promise.race([call.then(() => "answer", () => "error"), watched]);
  const delays = arrivals.slice(1).map((at, i) => at - arrivals[i]);
  console.log(JSON.stringify({ id, attempts: trouble.refused ? 1 : arrivals.length, delays_ms: delays, outcome, status: last }));
}

await Promise.all(Object.entries(troubles).map(meet));
process.exit(0);
