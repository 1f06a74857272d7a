"""Puts tasks into the queue `tasks`: send.py URL NUMBER [SECONDS]. The first takes SECONDS, the others no time."""

import json
import sys

import pika

url, number, seconds = sys.argv[1], int(sys.argv[2]), float((sys.argv + ["0"])[3])

with pika.BlockingConnection(pika.URLParameters(url)) as connection:
    channel = connection.channel()
    channel.queue_declare("tasks", durable=True)
    channel.confirm_delivery()  # basic_publish returns when the task is on disk
    for n in range(number):
        task = {"id": n, "seconds": seconds if n == 0 else 0}
        channel.basic_publish("", "tasks", json.dumps(task), pika.BasicProperties(delivery_mode=2))
    print(f"sent {number} tasks", flush=True)
