import com.google.gson.JsonObject;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3SubAckException;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3Connect;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3ConnectBuilder;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscribe;

/** HiveMQ's Java client, MQTT 3.1.1. */
final class HiveMqMqtt3 implements Driver.Client {
  private final Mqtt3AsyncClient client;

  HiveMqMqtt3(String name, JsonObject command) throws Exception {
    client = HiveMqAddress.apply(MqttClient.builder(), name, command).useMqttVersion3().buildAsync();
    client.publishes(MqttGlobalPublishFilter.ALL, message -> print(name, message));
  }

  @Override
  public void connect(JsonObject command, Driver.Answer answer) throws InterruptedException {
    HiveMqAddress.waitUntilDisconnected(client);
    Mqtt3ConnectBuilder connect =
        Mqtt3Connect.builder()
            .cleanSession(command.get("cleanStart").getAsBoolean())
            .keepAlive(command.get("keepAlive").getAsInt());
    if (command.has("will")) connect = connect.willPublish(toPublish(command.getAsJsonObject("will")));
    client.connect(connect.build()).whenComplete((connack, error) -> {
      if (error != null) {
        answer.fail(error);
        return;
      }
      JsonObject result = new JsonObject();
      result.addProperty("reasonCode", connack.getReturnCode().getCode());
      result.addProperty("sessionPresent", connack.isSessionPresent());
      answer.succeed(result);
    });
  }

  @Override
  public void subscribe(JsonObject command, Driver.Answer answer) {
    Mqtt3Subscribe subscribe =
        Mqtt3Subscribe.builder()
            .topicFilter(command.get("topicFilter").getAsString())
            .qos(MqttQos.fromCode(command.get("qos").getAsInt()))
            .build();
    client.subscribe(subscribe).whenComplete((suback, error) -> {
      if (suback != null) answer.succeed(suback.getReturnCodes().get(0).getCode());
      else if (error instanceof Mqtt3SubAckException refusal) {
        answer.succeed(refusal.getMqttMessage().getReturnCodes().get(0).getCode());
      } else answer.fail(error);
    });
  }

  @Override
  public void publish(JsonObject command, Driver.Answer answer) {
    client.publish(toPublish(command)).whenComplete((publish, error) -> {
      if (error != null) answer.fail(error);
      else answer.succeed(0);
    });
  }

  @Override
  public void disconnect(JsonObject command, Driver.Answer answer) {
    client.disconnect().whenComplete((nothing, error) -> {
      if (error != null) answer.fail(error);
      else answer.succeed(0);
    });
  }

  private static Mqtt3Publish toPublish(JsonObject command) {
    return Mqtt3Publish.builder()
        .topic(command.get("topicName").getAsString())
        .payload(Driver.bytes(command, "payload"))
        .qos(MqttQos.fromCode(command.get("qos").getAsInt()))
        .retain(command.get("retain").getAsBoolean())
        .build();
  }

  private static void print(String name, Mqtt3Publish message) {
    Driver.print(
        Driver.message(
            name,
            message.getTopic().toString(),
            message.getPayloadAsBytes(),
            message.getQos().getCode(),
            message.isRetain()));
  }
}
