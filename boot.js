// Starts the app: loads the module with its progress shown, compiles it, runs it. If a phase fails, the page says
// which one and why, and what index.html says about the codes stays readable.
// A file of its own, because the built page's policy allows no inline script.

const script = document.querySelector("script[data-wasm]");
const progress = document.getElementById("boot-progress");
const progressArea = document.getElementById("boot-progress-area");

/** Runs one phase of starting; a failure is shown with the phase's name and ends the start. */
async function phase(name, run) {
  try {
    return await run();
  } catch (error) {
    progressArea.hidden = true;
    document.getElementById("boot-failure").textContent = `The simulator could not be started: ${name} failed (${error?.message || error}).`;
    throw error;
  }
}

/** The same response, whose bytes are counted into the progress element while they are read. */
function counted(response) {
  // The build writes the size into the page; Content-Length counts compressed bytes where the server compresses.
  const encoded = response.headers.get("Content-Encoding");
  const total = Number(script.dataset.bytes || (!encoded && response.headers.get("Content-Length")));
  if (!total || !response.body || typeof TransformStream !== "function") return response;
  progress.max = total;
  progress.value = 0;
  const meter = new TransformStream({
    transform(chunk, controller) {
      progress.value += chunk.byteLength;
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(meter), { headers: response.headers });
}

async function download() {
  const url = new URL(script.dataset.wasm, document.baseURI);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status} ${response.statusText}`.trim());
  return (await counted(response)).arrayBuffer();
}

progressArea.hidden = false;
const [glue, bytes] = await phase("loading it", () =>
  Promise.all([import(new URL(script.dataset.js, document.baseURI).href), download()]),
);
const module = await phase("compiling it", () => WebAssembly.compile(bytes));
await phase("running it", () => glue.default({ module_or_path: module }));
document.getElementById("boot").remove();
