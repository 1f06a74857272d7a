"""Calls the tasks of celery_tasks.py: the case is the first argument. Prints one line of JSON."""

import json
import sys
import time

import celery_tasks as tasks
from celery import chain, group

TIMEOUT = 30


def results():
    return {
        "sum": tasks.add.delay(2, 3).get(TIMEOUT),
        "group": group(tasks.add.s(n, n) for n in range(10))().get(TIMEOUT),
        "chain": chain(tasks.add.s(1, 2), tasks.add.s(10))().get(TIMEOUT),
    }


def retries():
    hopeless = tasks.hopeless.delay()
    return {
        "flaky": tasks.flaky.delay().get(TIMEOUT),
        "hopeless": repr(hopeless.get(TIMEOUT, propagate=False)),
        "state": hopeless.state,
    }


def eta():
    due = time.time() + 1
    later = tasks.now.apply_async(countdown=1)
    return {"wasEarly": later.get(TIMEOUT) < due}


def held():
    """More tasks that are not due than the worker may prefetch must not keep it from others."""
    later = [tasks.now.apply_async(countdown=2) for _ in range(5)]
    done_meanwhile = tasks.add.delay(1, 1).get(TIMEOUT)
    return {
        "doneMeanwhile": done_meanwhile,
        "stillHeld": sum(not result.ready() for result in later),
        "doneLater": len([result.get(TIMEOUT) for result in later]),
    }


def priorities():
    """Waits for the worker, which is started when this is printed."""
    calls = [tasks.turn.apply_async((name,), priority=priority) for name, priority in (("low", 1), ("high", 9), ("middle", 5))]
    print("sent", flush=True)
    return {"order": [name for _, name in sorted(call.get(TIMEOUT) for call in calls)]}


def hold():
    call = tasks.hold.delay(sys.argv[2])
    return {"result": call.get(TIMEOUT)}


print(json.dumps(globals()[sys.argv[1]]()), flush=True)
