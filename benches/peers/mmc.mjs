// The job in plain JavaScript on a binary heap: what a page without WebAssembly would do.

const RATE = 80, SERVICE = 10, WORKERS = 10;
const ARRIVAL = 0, DEPARTURE = 1;

/** Lets so many requests through the queue and tells their mean wait for a worker, in seconds. */
export function mmc(requests) {
  const uniform = xorshift();
  const exponential = (rate) => -Math.log(uniform()) / rate;
  const schedule = new Schedule();
  const line = [];
  let head = 0, arrived = 0, busy = 0, waited = 0;
  schedule.add(exponential(RATE), ARRIVAL);
  for (let event = schedule.pop(); event; event = schedule.pop()) {
    const now = event.at;
    if (event.kind === ARRIVAL) {
      arrived += 1;
      if (arrived < requests) schedule.add(now + exponential(RATE), ARRIVAL);
      if (busy < WORKERS) {
        busy += 1;
        schedule.add(now + exponential(SERVICE), DEPARTURE);
      } else {
        line.push(now);
      }
    } else if (head < line.length) {
      waited += now - line[head++];
      schedule.add(now + exponential(SERVICE), DEPARTURE);
    } else {
      busy -= 1;
    }
  }
  return waited / requests;
}

/** Events to come: least time first, ties in order of creation. */
class Schedule {
  heap = [];
  created = 0;

  add(at, kind) {
    const heap = this.heap;
    const event = { at, kind, created: this.created++ };
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (before(heap[parent], event)) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = event;
  }

  pop() {
    const heap = this.heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length > 0) {
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child += 1;
        if (before(last, heap[child])) break;
        heap[i] = heap[child];
        i = child;
      }
      heap[i] = last;
    }
    return first;
  }
}

const before = (a, b) => a.at < b.at || (a.at === b.at && a.created < b.created);

/** Marsaglia's xorshift128, as shares between 0 and 1. */
function xorshift() {
  let x = 123456789, y = 362436069, z = 521288629, w = 88675123;
  return () => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return ((w >>> 0) + 0.5) / 4294967296;
  };
}
