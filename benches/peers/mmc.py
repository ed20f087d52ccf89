"""The job in SimPy, the usual library for simulations of queues.

Reads lines `mmc REQUESTS` and answers each with a line of figures.
"""

import random
import sys
import time

import simpy

RATE, SERVICE, WORKERS = 80.0, 10.0, 10


def mmc(requests):
    """Lets so many requests through the queue and tells their mean wait for a worker, in seconds."""
    chance = random.Random(1)
    env = simpy.Environment()
    workers = simpy.Resource(env, capacity=WORKERS)
    waited = 0.0

    def request():
        nonlocal waited
        since = env.now
        with workers.request() as worker:
            yield worker
            waited += env.now - since
            yield env.timeout(chance.expovariate(SERVICE))

    def source():
        for _ in range(requests):
            yield env.timeout(chance.expovariate(RATE))
            env.process(request())

    env.process(source())
    env.run()
    return waited / requests


for line in sys.stdin:
    requests = int(line.split()[1])
    start = time.perf_counter()
    wait = mmc(requests)
    seconds = time.perf_counter() - start
    print(f"requests={requests} seconds={seconds} wait={wait}", flush=True)
