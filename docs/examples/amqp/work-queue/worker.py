"""Does tasks of the queue `tasks`, one at a time: worker.py URL. Start as many as there is work for."""

import json
import sys

import pika

connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
channel.queue_declare("tasks", durable=True)
channel.basic_qos(prefetch_count=1)  # the next task goes to whoever is free


def work(channel, method, _properties, body):
    task = json.loads(body)
    connection.sleep(task["seconds"])  # unlike time.sleep this keeps the connection alive
    channel.basic_ack(method.delivery_tag)
    print(f"done {task['id']}", flush=True)


channel.basic_consume("tasks", work)
print("waiting for tasks", flush=True)
channel.start_consuming()
