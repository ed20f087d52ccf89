// The contestants in a browser: `measure` is there for whoever drives it as soon as the modules are loaded.

import { contestants } from "./measure.mjs";

const modules = {};
for (const name of ["fast", "small"]) modules[name] = await (await fetch(`./${name}.wasm`)).arrayBuffer();
globalThis.measure = await contestants(modules);
