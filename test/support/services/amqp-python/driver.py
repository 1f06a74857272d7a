"""What the drivers of pika have in common: JSON lines, and messages as test/support/services/amqp-driver.ts has them."""

import json
import re
import sys
import threading
from datetime import datetime

import pika

PROPERTIES = {
    "contentType": "content_type",
    "headers": "headers",
    "deliveryMode": "delivery_mode",
    "priority": "priority",
    "correlationId": "correlation_id",
    "replyTo": "reply_to",
    "expiration": "expiration",
    "messageId": "message_id",
    "timestamp": "timestamp",
    "type": "type",
    "appId": "app_id",
}

output_lock = threading.Lock()


def emit(line):
    with output_lock:
        sys.stdout.write(json.dumps(line, default=as_json) + "\n")
        sys.stdout.flush()


def as_json(value):
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def parameters(command):
    return pika.ConnectionParameters(
        host="127.0.0.1",
        port=command["port"],
        virtual_host=command["virtualHost"],
        credentials=pika.PlainCredentials(command["user"], command["password"]),
        heartbeat=command["heartbeat"],
    )


def to_properties(properties):
    return pika.BasicProperties(**{PROPERTIES[name]: value for name, value in properties.items()})


def to_delivery(method, properties, body):
    present = {name: getattr(properties, attribute) for name, attribute in PROPERTIES.items()}
    return {
        "body": body.decode(),
        "exchange": method.exchange,
        "key": method.routing_key,
        "deliveryTag": method.delivery_tag,
        "redelivered": method.redelivered,
        "properties": {name: value for name, value in present.items() if value is not None},
    }


def fail(command, error):
    line = {"id": command["id"], "error": f"{type(error).__name__}: {error}"}
    # Why a connection was refused, pika tells only in words.
    in_words = re.search(r"\b[345]\d\d\b", str(error))
    code = getattr(error, "reply_code", in_words and int(in_words.group()))
    if code is not None:
        line["code"] = code
    emit(line)


def commands():
    for line in sys.stdin:
        yield json.loads(line)
