import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperties;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserPropertiesBuilder;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperty;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5MessageException;
import com.hivemq.client.mqtt.mqtt5.message.Mqtt5Message;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishBuilder;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAck;
import com.hivemq.client.mqtt.mqtt5.message.publish.pubrec.Mqtt5PubRec;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscribe;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5SubscriptionBuilder;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.suback.Mqtt5SubAck;
import java.nio.charset.StandardCharsets;

/** HiveMQ's Java client, MQTT 5. It uses subscription identifiers itself and does not show them. */
final class HiveMqMqtt5 implements Driver.Client {
  private final Mqtt5AsyncClient client;

  HiveMqMqtt5(String name, JsonObject command) throws Exception {
    client = HiveMqAddress.apply(MqttClient.builder(), name, command).useMqttVersion5().buildAsync();
    client.publishes(MqttGlobalPublishFilter.ALL, message -> print(name, message));
  }

  @Override
  public void connect(JsonObject command, Driver.Answer answer) throws InterruptedException {
    HiveMqAddress.waitUntilDisconnected(client);
    Mqtt5ConnectBuilder connect =
        Mqtt5Connect.builder()
            .cleanStart(command.get("cleanStart").getAsBoolean())
            .sessionExpiryInterval(command.get("sessionExpiryInterval").getAsLong())
            .keepAlive(command.get("keepAlive").getAsInt());
    if (command.has("will")) {
      JsonObject will = command.getAsJsonObject("will");
      long delay = will.has("delayInterval") ? will.get("delayInterval").getAsLong() : 0;
      connect = connect.willPublish(toPublish(will).asWill().extendAsWill().delayInterval(delay).build());
    }
    client.connect(connect.build()).whenComplete((connack, error) -> {
      if (error != null) answer.fail(error);
      else answer.succeed(connack(connack));
    });
  }

  @Override
  public void subscribe(JsonObject command, Driver.Answer answer) {
    Mqtt5SubscriptionBuilder.Complete subscription =
        Mqtt5Subscription.builder()
            .topicFilter(command.get("topicFilter").getAsString())
            .qos(MqttQos.fromCode(command.get("qos").getAsInt()));
    if (command.has("noLocal")) subscription = subscription.noLocal(command.get("noLocal").getAsBoolean());
    if (command.has("retainAsPublished")) {
      subscription = subscription.retainAsPublished(command.get("retainAsPublished").getAsBoolean());
    }
    if (command.has("retainHandling")) {
      subscription =
          subscription.retainHandling(Mqtt5RetainHandling.fromCode(command.get("retainHandling").getAsInt()));
    }
    client
        .subscribe(Mqtt5Subscribe.builder().addSubscription(subscription.build()).build())
        .whenComplete((suback, error) -> {
          if (suback != null) answer.succeed(suback.getReasonCodes().get(0).getCode());
          else answerError(error, answer);
        });
  }

  @Override
  public void publish(JsonObject command, Driver.Answer answer) {
    client.publish(toPublish(command)).whenComplete((result, error) -> {
      if (result != null) answer.succeed(reasonCode(result));
      else answerError(error, answer);
    });
  }

  @Override
  public void disconnect(JsonObject command, Driver.Answer answer) {
    client.disconnect().whenComplete((nothing, error) -> {
      if (error != null) answer.fail(error);
      else answer.succeed(0);
    });
  }

  private static JsonObject connack(Mqtt5ConnAck connack) {
    JsonObject result = new JsonObject();
    result.addProperty("reasonCode", connack.getReasonCode().getCode());
    result.addProperty("sessionPresent", connack.isSessionPresent());
    connack
        .getAssignedClientIdentifier()
        .ifPresent(clientId -> result.addProperty("assignedClientId", clientId.toString()));
    connack.getServerKeepAlive().ifPresent(seconds -> result.addProperty("serverKeepAlive", seconds));
    return result;
  }

  /** A refusal is an answer, whatever the library makes of it. */
  private static void answerError(Throwable error, Driver.Answer answer) {
    Mqtt5Message packet = error instanceof Mqtt5MessageException exception ? exception.getMqttMessage() : null;
    if (packet instanceof Mqtt5PubAck puback) answer.succeed(puback.getReasonCode().getCode());
    else if (packet instanceof Mqtt5PubRec pubrec) answer.succeed(pubrec.getReasonCode().getCode());
    else if (packet instanceof Mqtt5SubAck suback) answer.succeed(suback.getReasonCodes().get(0).getCode());
    else answer.fail(error);
  }

  private static int reasonCode(Mqtt5PublishResult result) {
    if (result instanceof Mqtt5PublishResult.Mqtt5Qos1Result acknowledged) {
      return acknowledged.getPubAck().getReasonCode().getCode();
    }
    if (result instanceof Mqtt5PublishResult.Mqtt5Qos2Result received) {
      return received.getPubRec().getReasonCode().getCode();
    }
    return 0;
  }

  private static Mqtt5Publish toPublish(JsonObject command) {
    Mqtt5PublishBuilder.Complete publish =
        Mqtt5Publish.builder()
            .topic(command.get("topicName").getAsString())
            .payload(Driver.bytes(command, "payload"))
            .qos(MqttQos.fromCode(command.get("qos").getAsInt()))
            .retain(command.get("retain").getAsBoolean());
    if (command.has("contentType")) publish = publish.contentType(command.get("contentType").getAsString());
    if (command.has("responseTopic")) publish = publish.responseTopic(command.get("responseTopic").getAsString());
    if (command.has("correlationData")) {
      publish = publish.correlationData(Driver.bytes(command, "correlationData"));
    }
    if (command.has("messageExpiryInterval")) {
      publish = publish.messageExpiryInterval(command.get("messageExpiryInterval").getAsLong());
    }
    if (command.has("userProperties")) {
      Mqtt5UserPropertiesBuilder userProperties = Mqtt5UserProperties.builder();
      for (JsonElement pair : command.getAsJsonArray("userProperties")) {
        JsonArray parts = pair.getAsJsonArray();
        userProperties = userProperties.add(parts.get(0).getAsString(), parts.get(1).getAsString());
      }
      publish = publish.userProperties(userProperties.build());
    }
    return publish.build();
  }

  private static void print(String name, Mqtt5Publish message) {
    JsonObject event =
        Driver.message(
            name,
            message.getTopic().toString(),
            message.getPayloadAsBytes(),
            message.getQos().getCode(),
            message.isRetain());
    message.getContentType().ifPresent(type -> event.addProperty("contentType", type.toString()));
    message.getResponseTopic().ifPresent(topic -> event.addProperty("responseTopic", topic.toString()));
    message
        .getCorrelationData()
        .ifPresent(data -> event.addProperty("correlationData", StandardCharsets.UTF_8.decode(data).toString()));
    message.getMessageExpiryInterval().ifPresent(seconds -> event.addProperty("messageExpiryInterval", seconds));
    JsonArray userProperties = new JsonArray();
    for (Mqtt5UserProperty pair : message.getUserProperties().asList()) {
      userProperties.add(Driver.pair(pair.getName().toString(), pair.getValue().toString()));
    }
    event.add("userProperties", userProperties);
    Driver.print(event);
  }
}
