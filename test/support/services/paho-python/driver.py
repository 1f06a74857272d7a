"""Drives Eclipse Paho's Python client for the tests in test/services/interop.

Reads commands as JSON lines from standard input; prints answers, messages and disconnections as JSON lines.
The commands are those of test/support/services/client-driver.ts.
"""

import json
import os
import ssl
import sys
import threading

from paho.mqtt.client import CallbackAPIVersion, Client, MQTTErrorCode, MQTTv5, MQTTv311
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

PUBLISH_PROPERTIES = {
    "contentType": "ContentType",
    "responseTopic": "ResponseTopic",
    "messageExpiryInterval": "MessageExpiryInterval",
}

output_lock = threading.Lock()


def emit(line):
    with output_lock:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


class Answers:
    """Joins commands with the callbacks that answer them, whichever comes first."""

    def __init__(self):
        self.lock = threading.Lock()
        self.commands = {}
        self.early = {}

    def expect(self, key, command_id):
        with self.lock:
            if key not in self.early:
                self.commands[key] = command_id
                return
            result = self.early.pop(key)
        emit({"id": command_id, **result})

    def settle(self, key, result):
        with self.lock:
            if key not in self.commands:
                self.early[key] = result
                return
            command_id = self.commands.pop(key)
        emit({"id": command_id, **result})


class Driven:
    """One client and what its callbacks say."""

    def __init__(self, name, command):
        self.name = name
        self.is_version_5 = command["version"] == 5
        self.answers = Answers()
        transport = command["transport"]
        self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=command["clientId"],
            clean_session=None if self.is_version_5 else command["cleanStart"],
            protocol=MQTTv5 if self.is_version_5 else MQTTv311,
            transport="websockets" if transport in ("ws", "wss") else "tcp",
            reconnect_on_failure=False,
        )
        if transport in ("tls", "wss"):
            self.client.tls_set_context(ssl.create_default_context(cafile=command["ca"]))
        if transport in ("ws", "wss"):
            self.client.ws_set_options(path=command["path"])
        if command.get("will"):
            self.set_will(command["will"])
        self.client.on_connect = self.on_connect
        self.client.on_disconnect = self.on_disconnect
        self.client.on_message = self.on_message
        self.client.on_publish = lambda _client, _data, mid, code, _properties: self.answers.settle(
            ("publish", mid), {"reasonCode": code.value}
        )
        self.client.on_subscribe = lambda _client, _data, mid, codes, _properties: self.answers.settle(
            ("subscribe", mid), {"reasonCode": codes[0].value}
        )

    def set_will(self, will):
        properties = None
        if self.is_version_5:
            properties = publish_properties(will, PacketTypes.WILLMESSAGE)
            properties.WillDelayInterval = will.get("delayInterval", 0)
        self.client.will_set(
            will["topicName"], will["payload"], will["qos"], will["retain"], properties=properties
        )

    def connect(self, command):
        self.client.loop_stop()
        self.answers.expect("connect", command["id"])
        options = {}
        if self.is_version_5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = command["sessionExpiryInterval"]
            options = {"clean_start": command["cleanStart"], "properties": properties}
        self.client.connect(command["host"], command["port"], command["keepAlive"], **options)
        self.client.loop_start()

    def subscribe(self, command):
        if self.is_version_5:
            options = SubscribeOptions(
                qos=command["qos"],
                noLocal=command.get("noLocal", False),
                retainAsPublished=command.get("retainAsPublished", False),
                retainHandling=command.get("retainHandling", 0),
            )
            properties = None
            if "subscriptionIdentifier" in command:
                properties = Properties(PacketTypes.SUBSCRIBE)
                properties.SubscriptionIdentifier = command["subscriptionIdentifier"]
            _, mid = self.client.subscribe(command["topicFilter"], options=options, properties=properties)
        else:
            _, mid = self.client.subscribe(command["topicFilter"], command["qos"])
        self.answers.expect(("subscribe", mid), command["id"])

    def publish(self, command):
        properties = publish_properties(command, PacketTypes.PUBLISH) if self.is_version_5 else None
        info = self.client.publish(
            command["topicName"], command["payload"], command["qos"], command["retain"], properties
        )
        if info.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            raise RuntimeError(f"publish: {info.rc}")
        self.answers.expect(("publish", info.mid), command["id"])

    def disconnect(self, command):
        self.client.disconnect()
        self.client.loop_stop()
        emit({"id": command["id"]})

    def sync(self, command):
        emit({"id": command["id"]})

    def on_connect(self, _client, _data, flags, reason_code, properties):
        answer = {"reasonCode": reason_code.value, "sessionPresent": flags.session_present}
        if self.is_version_5:
            answer["assignedClientId"] = getattr(properties, "AssignedClientIdentifier", None)
            answer["serverKeepAlive"] = getattr(properties, "ServerKeepAlive", None)
        self.answers.settle("connect", answer)

    def on_disconnect(self, _client, _data, flags, reason_code, _properties):
        code = reason_code.value if flags.is_disconnect_packet_from_server else None
        emit({"event": "disconnected", "client": self.name, "reasonCode": code})

    def on_message(self, _client, _data, message):
        event = {
            "event": "message",
            "client": self.name,
            "topicName": message.topic,
            "payload": message.payload.decode(),
            "qos": message.qos,
            "retain": message.retain,
        }
        if self.is_version_5:
            for name, paho_name in PUBLISH_PROPERTIES.items():
                event[name] = getattr(message.properties, paho_name, None)
            correlation_data = getattr(message.properties, "CorrelationData", None)
            event["correlationData"] = None if correlation_data is None else correlation_data.decode()
            event["userProperties"] = getattr(message.properties, "UserProperty", [])
            event["subscriptionIdentifiers"] = getattr(message.properties, "SubscriptionIdentifier", [])
        emit(event)


def publish_properties(command, packet_type):
    properties = Properties(packet_type)
    for name, paho_name in PUBLISH_PROPERTIES.items():
        if name in command:
            setattr(properties, paho_name, command[name])
    if "correlationData" in command:
        properties.CorrelationData = command["correlationData"].encode()
    if "userProperties" in command:
        properties.UserProperty = [tuple(pair) for pair in command["userProperties"]]
    return properties


def main():
    clients = {}
    for line in sys.stdin:
        command = json.loads(line)
        try:
            name = command["client"]
            if command["command"] == "connect" and name not in clients:
                clients[name] = Driven(name, command)
            getattr(clients[name], command["command"])(command)
        except Exception as error:  # whatever it is, the test is told
            emit({"id": command["id"], "error": f"{type(error).__name__}: {error}"})
    os._exit(0)


main()
