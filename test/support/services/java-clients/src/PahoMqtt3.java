import com.google.gson.JsonObject;
import org.eclipse.paho.client.mqttv3.IMqttActionListener;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/** Eclipse Paho for Java, MQTT 3.1.1. */
final class PahoMqtt3 implements Driver.Client {
  private static final int MAXIMUM_INFLIGHT = 1000;

  private final MqttAsyncClient client;
  private final Address address;
  private boolean hasConnected;

  PahoMqtt3(String name, JsonObject command) throws Exception {
    address = Address.of(command);
    client = new MqttAsyncClient(address.uri(), command.get("clientId").getAsString(), new MemoryPersistence());
    client.setCallback(
        new MqttCallback() {
          @Override
          public void connectionLost(Throwable cause) {
            Driver.disconnected(name, null);
          }

          @Override
          public void messageArrived(String topicName, MqttMessage message) {
            Driver.print(
                Driver.message(name, topicName, message.getPayload(), message.getQos(), message.isRetained()));
          }

          @Override
          public void deliveryComplete(IMqttDeliveryToken token) {}
        });
  }

  @Override
  public void connect(JsonObject command, Driver.Answer answer) throws Exception {
    if (hasConnected) PahoThreads.waitForEnd(client.getClientId());
    hasConnected = true;
    MqttConnectOptions options = new MqttConnectOptions();
    options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
    options.setCleanSession(command.get("cleanStart").getAsBoolean());
    options.setKeepAliveInterval(command.get("keepAlive").getAsInt());
    options.setMaxInflight(MAXIMUM_INFLIGHT);
    if (address.isSecure()) options.setSocketFactory(address.sslContext().getSocketFactory());
    if (command.has("will")) {
      JsonObject will = command.getAsJsonObject("will");
      options.setWill(
          will.get("topicName").getAsString(),
          Driver.bytes(will, "payload"),
          will.get("qos").getAsInt(),
          will.get("retain").getAsBoolean());
    }
    client.connect(options, null, whenDone(answer, token -> connack(token)));
  }

  @Override
  public void subscribe(JsonObject command, Driver.Answer answer) throws Exception {
    client.subscribe(
        command.get("topicFilter").getAsString(),
        command.get("qos").getAsInt(),
        null,
        whenDone(answer, token -> reasonCode(token.getGrantedQos()[0])));
  }

  @Override
  public void publish(JsonObject command, Driver.Answer answer) throws Exception {
    client.publish(
        command.get("topicName").getAsString(),
        Driver.bytes(command, "payload"),
        command.get("qos").getAsInt(),
        command.get("retain").getAsBoolean(),
        null,
        whenDone(answer, token -> reasonCode(0)));
  }

  @Override
  public void disconnect(JsonObject command, Driver.Answer answer) throws Exception {
    client.disconnect(0, null, whenDone(answer, token -> new JsonObject()));
  }

  private interface Result {
    JsonObject of(IMqttToken token);
  }

  private static IMqttActionListener whenDone(Driver.Answer answer, Result result) {
    return new IMqttActionListener() {
      @Override
      public void onSuccess(IMqttToken token) {
        answer.succeed(result.of(token));
      }

      @Override
      public void onFailure(IMqttToken token, Throwable error) {
        answer.fail(error);
      }
    };
  }

  private static JsonObject connack(IMqttToken token) {
    JsonObject result = reasonCode(0);
    result.addProperty("sessionPresent", token.getSessionPresent());
    return result;
  }

  private static JsonObject reasonCode(int code) {
    JsonObject result = new JsonObject();
    result.addProperty("reasonCode", code);
    return result;
  }
}
